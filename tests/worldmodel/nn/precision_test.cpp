#include "worldmodel/nn/precision.h"

#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("the automatic precision resolves to one that stays, and says its name", "[worldmodel]") {
  const Precision resolved = resolve_precision(Precision::automatic);
  CHECK(resolved != Precision::automatic);
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    CHECK(resolve_precision(precision) == precision);
  }
  CHECK(compute_type(Precision::float32) == torch::kFloat32);
  CHECK(compute_type(Precision::bfloat16) == torch::kBFloat16);
  CHECK_THROWS_AS(compute_type(Precision::automatic), std::logic_error);
  CHECK(to_string(Precision::automatic) == "auto");
  CHECK(to_string(Precision::float32) == "float32");
  CHECK(to_string(Precision::bfloat16) == "bfloat16");
}
