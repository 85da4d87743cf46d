#include "experiments/report/ssim.h"

#include <vector>

#include "env/random.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::vector<float> noise(int size, std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(size * size));
  Rng(seed).fill_uniform(values);
  return values;
}

}  // namespace

TEST_CASE("a picture is as similar to itself as can be", "[report]") {
  const std::vector<float> picture = noise(64, 1);
  CHECK(ssim(64, 64, picture, picture) == Approx(1.0).epsilon(1e-12));
}

TEST_CASE("two constant pictures differ by their means alone", "[report]") {
  const std::vector<float> dark(16 * 16, 0.25f), light(16 * 16, 0.75f);
  // (2 * 0.1875 + 0.0001) / (0.0625 + 0.5625 + 0.0001)
  CHECK(ssim(16, 16, dark, light) == Approx(0.3751 / 0.6251).epsilon(1e-9));
}

TEST_CASE("stripes against their negative: one window by hand", "[report]") {
  // Means 0.5, variances 0.25, covariance -0.25.
  std::vector<float> stripes, negative;
  for (int i = 0; i < 64; ++i) {
    stripes.push_back(i % 2 == 0 ? 0.0f : 1.0f);
    negative.push_back(i % 2 == 0 ? 1.0f : 0.0f);
  }
  CHECK(ssim(8, 8, stripes, negative) == Approx((-0.5 + 0.0009) / (0.5 + 0.0009)).epsilon(1e-9));
}

TEST_CASE("similarity is symmetric, and noise costs some", "[report]") {
  const std::vector<float> a = noise(32, 1);
  std::vector<float> b = a;
  const std::vector<float> other = noise(32, 2);
  for (std::size_t i = 0; i < b.size(); ++i) {
    b[i] = 0.8f * b[i] + 0.2f * other[i];
  }
  CHECK(ssim(32, 32, a, b) == Approx(ssim(32, 32, b, a)));
  CHECK(ssim(32, 32, a, b) < 0.99);
  CHECK(ssim(32, 32, a, b) > 0.8);
  CHECK(ssim(32, 32, a, other) < 0.3);
}
