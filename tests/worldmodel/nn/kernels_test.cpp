#include "worldmodel/nn/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "env/random.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One row whose latent dimensions have one Gaussian each, drawn at uniform 0 and normal 1: mean + exp(log sigma).
std::vector<float> sample_one(const std::vector<float>& log_sigma) {
  const std::size_t latent = log_sigma.size();
  std::vector<float> mixture(2 * latent, 0.0f);
  mixture.insert(mixture.end(), log_sigma.begin(), log_sigma.end());
  const std::vector<float> uniforms(latent, 0.0f), normals(latent, 1.0f);
  std::vector<float> drawn(latent);
  kernels::mixture_sample({1, static_cast<int>(latent), 1, static_cast<std::int64_t>(3 * latent), -100.0f},
                          mixture.data(), 1.0f, uniforms.data(), normals.data(), drawn.data());
  return drawn;
}

struct LstmCell {
  std::vector<float> gates, cell, hidden_state;  // as lstm_forward leaves them
};

// One row, no bias, equal pre-activations in all four gates.
LstmCell lstm_of(const std::vector<float>& x, float cell_before) {
  const std::size_t hidden = x.size();
  LstmCell result;
  for (int gate = 0; gate < 4; ++gate) {
    result.gates.insert(result.gates.end(), x.begin(), x.end());
  }
  const std::vector<float> bias(4 * hidden, 0.0f), before(hidden, cell_before);
  result.cell.resize(hidden);
  result.hidden_state.resize(hidden);
  kernels::lstm_forward(1, static_cast<int>(hidden), result.gates.data(), bias.data(), before.data(),
                        result.cell.data(), result.hidden_state.data());
  return result;
}

std::vector<float> range(float low, float high, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(low + (high - low) * static_cast<float>(i) / static_cast<float>(count - 1));
  }
  return values;
}

bool all_finite(const std::vector<float>& values) {
  for (const float value : values) {
    if (!std::isfinite(value)) {
      return false;
    }
  }
  return true;
}

std::vector<float> every_kind_of_nan() {
  std::vector<float> values;
  for (const std::uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7fc00001u, 0x7fffffffu, 0xffffffffu, 0x7fc000ffu}) {
    values.push_back(std::bit_cast<float>(bits));
  }
  return values;
}

}  // namespace

TEST_CASE("the kernels' exponential is right to 4e-7 over its whole range", "[worldmodel]") {
  const std::vector<float> x = range(-86.9f, 87.9f, 5003);
  const std::vector<float> y = sample_one(x);
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(static_cast<double>(x[i]));
    worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected) / expected);
  }
  CHECK(worst < 4e-7);
}

TEST_CASE("the LSTM's gates are sigmoids and hyperbolic tangents to 3e-7", "[worldmodel]") {
  const std::vector<float> x = range(-20.0f, 20.0f, 1001);
  const std::size_t n = x.size();
  const LstmCell cell = lstm_of(x, 0.5f);
  double worst = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double sigmoid = 1.0 / (1.0 + std::exp(-static_cast<double>(x[i])));
    const double candidate = std::tanh(static_cast<double>(x[i]));
    const double next = sigmoid * 0.5 + sigmoid * candidate;
    worst = std::max(worst, std::abs(static_cast<double>(cell.gates[i]) - sigmoid));
    worst = std::max(worst, std::abs(static_cast<double>(cell.gates[2 * n + i]) - candidate));
    worst = std::max(worst, std::abs(static_cast<double>(cell.cell[i]) - next));
    worst = std::max(worst, std::abs(static_cast<double>(cell.hidden_state[i]) - sigmoid * std::tanh(next)));
  }
  CHECK(worst < 3e-7);
}

TEST_CASE("no finite input makes the LSTM infinite or NaN", "[worldmodel]") {
  const float most = std::numeric_limits<float>::max();
  const LstmCell cell = lstm_of({-most, -1e9f, -200.0f, -88.0f, -0.0f, 88.0f, 200.0f, 1e9f, most}, 1e6f);
  CHECK(all_finite(cell.gates));
  CHECK(all_finite(cell.cell));
  CHECK(all_finite(cell.hidden_state));
  CHECK(cell.gates.front() == Approx(0.0).margin(1e-30));
  CHECK(cell.hidden_state.back() == Approx(1.0));
}

TEST_CASE("a NaN of any kind comes out of the kernels as NaN, in its own place", "[worldmodel]") {
  const std::vector<float> nans = every_kind_of_nan();
  for (const float nan : nans) {
    std::vector<float> x = range(-1.0f, 1.0f, 19);
    x[7] = nan;
    const LstmCell cell = lstm_of(x, 0.5f);
    CHECK(std::isnan(sample_one(x)[7]));
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(std::isnan(cell.cell[i]) == (i == 7));
      CHECK(std::isnan(cell.hidden_state[i]) == (i == 7));
    }
  }

  // Two rows of one dimension and two components; the second row is never touched.
  const kernels::MixtureShape shape = {2, 1, 2, 6, -7.0f};
  const std::vector<float> uniforms = {0.3f, 0.3f}, normals = {1.0f, 1.0f}, target = {0.5f, 0.5f};
  for (const float bad : {nans[0], nans[2], kInfinity}) {
    for (std::size_t place = 0; place < 6; ++place) {
      std::vector<float> mixture = {0, 0.2f, 1, 2, 0, 0, 0, 0.2f, 1, 2, 0, 0};
      mixture[place] = bad;
      std::vector<float> nll(2), gradient(12), drawn(2);
      kernels::mixture_nll(shape, mixture.data(), target.data(), nll.data(), gradient.data());
      kernels::mixture_sample(shape, mixture.data(), 1.0f, uniforms.data(), normals.data(), drawn.data());
      if (std::isnan(bad)) {
        CHECK(std::isnan(nll[0]));
      }
      if (place < 2) {
        CHECK_FALSE(std::isfinite(drawn[0]));  // a NaN weight must not choose a component
      }
      CHECK(std::isfinite(nll[1]));
      CHECK(std::isfinite(drawn[1]));
    }
  }
}

TEST_CASE("the likelihood of a small mixture is the one worked out by hand", "[worldmodel]") {
  // Weights 1/4 and 3/4, N(0, 1) and N(2, 2), at y = 1:
  //   N(1; 0, 1) = exp(-1/2) / sqrt(2 pi)         = 0.24197072
  //   N(1; 2, 2) = exp(-1/8) / (2 sqrt(2 pi))     = 0.17603266
  //   -log(0.24197072 / 4 + 0.17603266 * 3 / 4)   = 1.64756989
  // The posterior of the first is 0.24197072 / 4 / 0.19251718 = 0.31421965, so the gradient by
  //   log weights is prior - posterior:                          1/4 - 0.31421965 = -0.06421965, and its opposite
  //   means is -posterior (y - mean) / sigma^2:                  -0.31421965, and 0.68578035 / 4 = 0.17144509
  //   log sigmas is posterior (1 - ((y - mean) / sigma)^2):      0, and 0.68578035 * 3/4 = 0.51433526
  const float log2 = std::log(2.0f), log3 = std::log(3.0f);
  const std::vector<float> mixture = {5.0f, 5.0f + log3, 0.0f, 2.0f, 0.0f, log2};
  const float target = 1.0f;
  float nll = 0.0f;
  std::vector<float> gradient(6);
  kernels::mixture_nll({1, 1, 2, 6, -7.0f}, mixture.data(), &target, &nll, gradient.data());
  CHECK(nll == Approx(1.64756989).epsilon(1e-6));
  const std::vector<double> expected = {-0.06421965, 0.06421965, -0.31421965, 0.17144509, 0.0, 0.51433526};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(gradient[i] == Approx(expected[i]).margin(1e-6));
  }
}

TEST_CASE("a log sigma below the floor counts as the floor and has no gradient", "[worldmodel]") {
  const float target = 0.3f;
  float below = 0.0f, at = 0.0f;
  std::vector<float> gradient_below(3), gradient_at(3);
  const std::vector<float> mixture_below = {0.0f, 0.25f, -9.0f}, mixture_at = {0.0f, 0.25f, -3.0f};
  const kernels::MixtureShape shape = {1, 1, 1, 3, -3.0f};
  kernels::mixture_nll(shape, mixture_below.data(), &target, &below, gradient_below.data());
  kernels::mixture_nll(shape, mixture_at.data(), &target, &at, gradient_at.data());
  CHECK(below == at);
  CHECK(gradient_below[1] == gradient_at[1]);
  CHECK(gradient_below[2] == 0.0f);
  CHECK(gradient_at[2] != 0.0f);

  const float uniform = 0.5f, normal = 1.0f;
  float drawn = 0.0f;
  kernels::mixture_sample(shape, mixture_below.data(), 1.0f, &uniform, &normal, &drawn);
  CHECK(drawn == Approx(0.25 + std::exp(-3.0)).epsilon(1e-6));
}

TEST_CASE("far targets and lopsided weights keep the likelihood finite", "[worldmodel]") {
  const std::vector<float> mixture = {-1e4f, 1e4f, 0.0f, 0.0f, -7.0f, 40.0f, -80.0f, 80.0f, 1e3f, -1e3f, -1e5f, 3.0f};
  const std::vector<float> target = {1e4f, -1e4f};
  std::vector<float> nll(2), gradient(12);
  kernels::mixture_nll({2, 1, 2, 6, -7.0f}, mixture.data(), target.data(), nll.data(), gradient.data());
  CHECK(all_finite(nll));
  CHECK(all_finite(gradient));
}

TEST_CASE("temperature flattens the weights and spreads the Gaussians", "[worldmodel]") {
  // Two latent dimensions with the three components in different order: weights, means far apart, deviations.
  constexpr int kRows = 40000, kMixtures = 3, kLatent = 2;
  const std::vector<float> logits = {0.0f, 1.0f, 1.0f, -0.5f, -0.5f, 0.0f};  // [mixtures, latent]
  const std::vector<float> means = {-50.0f, 0.0f, 0.0f, 50.0f, 50.0f, -50.0f};
  const std::vector<double> sigmas = {0.3, 1.0, 0.5, 2.0, 2.0, 0.7};
  std::vector<float> one_row = logits;
  one_row.insert(one_row.end(), means.begin(), means.end());
  for (const double sigma : sigmas) {
    one_row.push_back(static_cast<float>(std::log(sigma)));
  }
  std::vector<float> mixture;
  for (int row = 0; row < kRows; ++row) {
    mixture.insert(mixture.end(), one_row.begin(), one_row.end());
  }
  std::vector<float> uniforms(kRows * kLatent), normals(kRows * kLatent), drawn(kRows * kLatent);
  Rng rng(11);
  rng.fill_uniform(uniforms);
  rng.fill_normal(normals);

  for (const double temperature : {0.5, 1.0, 1.3}) {
    kernels::mixture_sample({kRows, kLatent, kMixtures, 3 * kMixtures * kLatent, -7.0f}, mixture.data(),
                            static_cast<float>(temperature), uniforms.data(), normals.data(), drawn.data());
    for (std::size_t d = 0; d < kLatent; ++d) {
      double total = 0.0;
      for (std::size_t k = 0; k < kMixtures; ++k) {
        total += std::exp(static_cast<double>(logits[k * kLatent + d]) / temperature);
      }
      for (std::size_t k = 0; k < kMixtures; ++k) {
        const std::size_t at = k * kLatent + d;
        double count = 0.0, sum = 0.0, squares = 0.0;
        for (std::size_t row = 0; row < kRows; ++row) {
          const double from_mean = static_cast<double>(drawn[row * kLatent + d]) - static_cast<double>(means[at]);
          if (std::abs(from_mean) < 25.0) {
            count += 1.0;
            sum += from_mean;
            squares += from_mean * from_mean;
          }
        }
        const double weight = std::exp(static_cast<double>(logits[at]) / temperature) / total;
        const double sigma = sigmas[at] * std::sqrt(temperature);
        CAPTURE(temperature, d, k, count);
        CHECK(std::abs(count / kRows - weight) < 5.0 * std::sqrt(weight * (1.0 - weight) / kRows));
        CHECK(std::abs(sum / count) < 5.0 * sigma / std::sqrt(count));
        CHECK(std::abs(std::sqrt(squares / count) - sigma) < 5.0 * sigma / std::sqrt(2.0 * count));
      }
    }
  }
}

TEST_CASE("a tiny temperature draws the mean of the largest weight", "[worldmodel]") {
  const std::vector<float> mixture = {0.0f, 0.3f, 0.2f, -1.0f, 4.0f, 9.0f, 0.0f, 0.0f, 0.0f};
  for (const float uniform : {6e-8f, 0.5f, 0.99999994f}) {
    const float normal = 1.0f;
    float drawn = 0.0f;
    kernels::mixture_sample({1, 1, 3, 9, -7.0f}, mixture.data(), 1e-6f, &uniform, &normal, &drawn);
    CHECK(drawn == Approx(4.0).margin(2e-3));
  }
}

TEST_CASE("rows that lie further apart than they are long give the same bits", "[worldmodel]") {
  const std::vector<float> tight = {0.1f, -0.4f, 0.7f, 0.2f, -0.3f, 0.5f, 0.9f, -0.2f, 0.6f, 0.4f, 0.1f, -1.0f};
  std::vector<float> loose = tight;
  loose.insert(loose.begin() + 6, {99.0f, 99.0f});
  loose.insert(loose.end(), {99.0f, 99.0f});
  const std::vector<float> target = {0.3f, -0.8f}, uniforms = {0.2f, 0.9f}, normals = {1.5f, -0.5f};
  std::vector<float> nll(2), nll_loose(2), drawn(2), drawn_loose(2), gradient(12), gradient_loose(16, 7.0f);
  const kernels::MixtureShape shape = {2, 1, 2, 6, -7.0f}, shape_loose = {2, 1, 2, 8, -7.0f};
  kernels::mixture_nll(shape, tight.data(), target.data(), nll.data(), gradient.data());
  kernels::mixture_nll(shape_loose, loose.data(), target.data(), nll_loose.data(), gradient_loose.data());
  kernels::mixture_sample(shape, tight.data(), 1.1f, uniforms.data(), normals.data(), drawn.data());
  kernels::mixture_sample(shape_loose, loose.data(), 1.1f, uniforms.data(), normals.data(), drawn_loose.data());
  CHECK(nll == nll_loose);
  CHECK(drawn == drawn_loose);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(gradient[i] == gradient_loose[i]);
    CHECK(gradient[6 + i] == gradient_loose[8 + i]);
  }
  CHECK(gradient_loose[6] == 7.0f);
}

TEST_CASE("functions of one number are the standard library's, wherever in an array the number stands",
          "[worldmodel]") {
  using kernels::Unary;
  const std::vector<std::pair<Unary, std::function<double(double)>>> functions = {
      {Unary::sigmoid, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
      {Unary::tanh, [](double x) { return std::tanh(x); }},
      {Unary::elu, [](double x) { return x > 0.0 ? x : std::expm1(x); }},
      {Unary::silu, [](double x) { return x / (1.0 + std::exp(-x)); }},
      {Unary::softplus, [](double x) { return x > 30.0 ? x : std::log1p(std::exp(x)); }}};
  for (const auto& [function, exact] : functions) {
    std::vector<float> x;
    for (float value = -30.0f; value <= 30.0f; value += 0.0371f) {
      x.push_back(value);
    }
    const std::vector<float> given = x;
    kernels::apply(function, static_cast<std::int64_t>(x.size()), x.data());
    double worst = 0.0;
    bool same = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double wanted = exact(static_cast<double>(given[i]));
      worst = std::max(worst, std::abs(static_cast<double>(x[i]) - wanted) / std::max(1.0, std::abs(wanted)));
      float alone = given[i];
      kernels::apply(function, 1, &alone);
      same = same && alone == x[i];
    }
    CHECK(worst < 1e-6);
    CHECK(same);
    float nan = std::nanf("");
    kernels::apply(function, 1, &nan);
    CHECK(std::isnan(nan));
  }
  const float from = 2.0f, to = 4.0f, share = 0.25f;
  float out = 0.0f;
  kernels::interpolate(1, &from, &to, &share, &out);
  CHECK(out == 2.5f);
}

namespace {

// A joint mixture of two components in two dimensions; the last log sigma lies below the floor.
const std::vector<float> kJointRow = {0.3f, -0.5f, 1.0f, -1.0f, -0.5f, 2.0f, 0.1f, -0.2f, 0.4f, -9.0f};

kernels::MixtureShape joint_shape(int rows) {
  kernels::MixtureShape shape;
  shape.rows = rows;
  shape.latent = shape.mixtures = 2;
  shape.row_stride = 10;
  shape.log_sigma_min = -3.0f;
  shape.joint = true;
  return shape;
}

double joint_nll_by_hand(const std::vector<float>& row, const std::vector<float>& y) {
  double weights = 0.0, density = 0.0;
  for (std::size_t k = 0; k < 2; ++k) {
    double of_component = std::exp(static_cast<double>(row[k]));
    weights += of_component;
    for (std::size_t d = 0; d < 2; ++d) {
      const double sigma = std::exp(std::max(-3.0, static_cast<double>(row[6 + 2 * k + d])));
      const double distance = (static_cast<double>(y[d]) - static_cast<double>(row[2 + 2 * k + d])) / sigma;
      of_component *= std::exp(-0.5 * distance * distance) / (sigma * std::sqrt(2.0 * 3.14159265358979));
    }
    density += of_component;
  }
  return -std::log(density / weights);
}

}  // namespace

TEST_CASE("a joint mixture's likelihood is the one of its densities, and its gradient the slope", "[worldmodel]") {
  REQUIRE(joint_shape(1).size() == 10);
  const std::vector<float> y = {0.2f, -0.4f};
  float nll = 0.0f;
  std::vector<float> gradient(10);
  kernels::mixture_nll(joint_shape(1), kJointRow.data(), y.data(), &nll, gradient.data());
  CHECK(nll == Approx(joint_nll_by_hand(kJointRow, y)).epsilon(1e-5));
  for (std::size_t i = 0; i < 10; ++i) {
    std::vector<float> above = kJointRow, below = kJointRow;
    above[i] += 1e-3f;
    below[i] -= 1e-3f;
    const double slope = (joint_nll_by_hand(above, y) - joint_nll_by_hand(below, y)) / 2e-3;
    CHECK(gradient[i] == Approx(slope).margin(2e-3));
  }
  CHECK(gradient[9] == 0.0f);  // below the floor
}

TEST_CASE("in one dimension a joint mixture is a mixture", "[worldmodel]") {
  kernels::MixtureShape apart = {1, 1, 2, 6, -7.0f}, joint = apart;
  joint.joint = true;
  const std::vector<float> mixture = {0.4f, -0.3f, 1.0f, -2.0f, 0.2f, -0.6f};
  const float target = 0.7f, uniform = 0.8f, normal = -1.2f;
  std::vector<float> nll(2), drawn(2);
  kernels::mixture_nll(apart, mixture.data(), &target, &nll[0], nullptr);
  kernels::mixture_nll(joint, mixture.data(), &target, &nll[1], nullptr);
  kernels::mixture_sample(apart, mixture.data(), 1.3f, &uniform, &normal, &drawn[0]);
  kernels::mixture_sample(joint, mixture.data(), 1.3f, &uniform, &normal, &drawn[1]);
  CHECK(nll[0] == Approx(nll[1]).epsilon(1e-6));
  CHECK(drawn[0] == Approx(drawn[1]).epsilon(1e-6));
}

TEST_CASE("a joint mixture draws both dimensions from one component, as often as its weight says", "[worldmodel]") {
  constexpr std::size_t kRows = 20000;
  std::vector<float> mixture;
  for (std::size_t row = 0; row < kRows; ++row) {
    mixture.insert(mixture.end(), {0.0f, 1.0f, -5.0f, -5.0f, 5.0f, 5.0f, -1.0f, -1.0f, -1.0f, -1.0f});
  }
  std::vector<float> uniforms(kRows), normals(2 * kRows), drawn(2 * kRows);
  Rng rng(3);
  rng.fill_uniform(uniforms);
  rng.fill_normal(normals);
  kernels::mixture_sample(joint_shape(static_cast<int>(kRows)), mixture.data(), 1.0f, uniforms.data(), normals.data(),
                          drawn.data());
  std::size_t agree = 0, above = 0;
  for (std::size_t row = 0; row < kRows; ++row) {
    agree += (drawn[2 * row] > 0.0f) == (drawn[2 * row + 1] > 0.0f);
    above += drawn[2 * row] > 0.0f;
  }
  CHECK(agree == kRows);
  CHECK(static_cast<double>(above) / kRows == Approx(1.0 / (1.0 + std::exp(-1.0))).margin(0.02));

  std::vector<float> broken(mixture.begin(), mixture.begin() + 20);
  broken[1] = NAN;
  kernels::mixture_sample(joint_shape(2), broken.data(), 1.0f, uniforms.data(), normals.data(), drawn.data());
  CHECK(std::isnan(drawn[0]));
  CHECK(std::isfinite(drawn[2]));
}
