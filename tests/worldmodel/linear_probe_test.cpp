#include "worldmodel/linear_probe.h"

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

TEST_CASE("a probe finds a linear law, and features without use do it no harm", "[worldmodel]") {
  Tensor features = 5.0 * normal_tensor({400, 6}, 1) + 3.0;
  features.select(1, 4).fill_(2.0f);                   // never changes
  features.select(1, 5).copy_(features.select(1, 0));  // says nothing new
  const Tensor weight = normal_tensor({4, 2}, 2);
  const Tensor targets = torch::mm(features.slice(1, 0, 4), weight) - 7.0;
  const LinearProbe probe(features, targets, 1e-9);
  CHECK(max_difference(probe(features), targets) < 1e-3);
  Tensor fresh = normal_tensor({50, 6}, 3);
  fresh.select(1, 4).fill_(2.0f);
  fresh.select(1, 5).copy_(fresh.select(1, 0));
  CHECK(max_difference(probe(fresh), torch::mm(fresh.slice(1, 0, 4), weight) - 7.0) < 1e-3);
}

TEST_CASE("a probe of noise says the mean", "[worldmodel]") {
  const Tensor targets = normal_tensor({20000, 1}, 2) + 4.0;
  const LinearProbe probe(normal_tensor({20000, 3}, 1), targets);
  CHECK(max_difference(probe(torch::zeros({1, 3})), targets.mean().view({1, 1})) < 0.05);
}
