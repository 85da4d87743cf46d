#include "worldmodel/nn/two_hot.h"

#include <cmath>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

TEST_CASE("symlog and symexp are the numbers that anyone can work out", "[worldmodel]") {
  CHECK(max_difference(symlog(torch::tensor({1.0f, 10.0f, -100.0f})),
                       torch::tensor({0.693147f, 2.397895f, -4.615121f})) < 1e-5);
  CHECK(symexp(torch::tensor({-2.0f})).item<float>() == Approx(-6.389056));
  CHECK(symexp(torch::full({1}, 20.0, torch::kFloat64)).item<double>() == Approx(485165194.41));
}

TEST_CASE("two-hot codes are those of both versions of DreamerV3", "[worldmodel]") {
  struct Case {
    float target;
    int bin;
    double symlog, symexp;  // the lower bin's share
  };
  const std::vector<Case> cases = {{1.0f, 131, 0.598515, 0.617329},
                                   {-0.1f, 126, 0.605220, 0.586312},
                                   {3.5f, 136, 0.449109, 0.468632},
                                   {10.0f, 142, 0.773365, 0.786963},
                                   {-100.0f, 97, 0.306015, 0.289471}};
  const TwoHot first(TwoHot::Bins::symlog), second(TwoHot::Bins::symexp);
  for (const Case& c : cases) {
    CAPTURE(c.target);
    for (const bool older : {true, false}) {
      const Tensor code = (older ? first : second).encode(torch::tensor({c.target}))[0];
      const double share = older ? c.symlog : c.symexp;
      CHECK(code[c.bin].item<double>() == Approx(share).margin(1e-4));
      CHECK(code[c.bin + 1].item<double>() == Approx(1.0 - share).margin(1e-4));
      CHECK(code.sum().item<double>() == Approx(1.0));
      // What is coded is what is read.
      CHECK((older ? first : second).value(torch::log(code + 1e-30).unsqueeze(0)).item<double>() ==
            Approx(static_cast<double>(c.target)).epsilon(1e-3));
    }
  }
  for (const TwoHot& coding : {first, second}) {
    CHECK(coding.encode(torch::tensor({0.0f}))[0][127].item<float>() == 1.0f);
    CHECK(coding.encode(torch::tensor({1e9f}))[0][254].item<float>() == 1.0f);
    CHECK(coding.encode(torch::tensor({-1e9f}))[0][0].item<float>() == 1.0f);
    const Tensor even = torch::zeros({1, 255});
    CHECK(coding.value(even).item<float>() == 0.0f);
    CHECK(coding.loss(even, torch::tensor({7.3f})).item<double>() == Approx(5.541264));
  }
  Tensor halves = torch::full({1, 255}, -1e9f);
  halves[0][127] = halves[0][147] = 0.0f;
  CHECK(first.value(halves).item<double>() == Approx(3.829791));
  CHECK(second.value(halves).item<double>() == Approx(11.163439));
}

TEST_CASE("five even bins code 0.3 as seven tenths of 0 and three of 1", "[worldmodel]") {
  const Tensor code = TwoHot(TwoHot::Bins::even, 5, 2.0).encode(torch::tensor({0.3f}))[0];
  CHECK(max_difference(code, torch::tensor({0.0f, 0.0f, 0.7f, 0.3f, 0.0f})) < 1e-6);
}
