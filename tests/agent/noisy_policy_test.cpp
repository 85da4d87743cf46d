#include "agent/noisy_policy.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/test.hpp"

namespace reverie {
namespace {

// Always the same action, whatever it observes.
class FixedPolicy : public Policy<float> {
 public:
  void begin(int, const Episode&) override { ++begun; }
  void act(std::span<const float>, std::span<float> action) override {
    for (std::size_t i = 0; i < action.size(); ++i) {
      action[i] = i % 2 == 0 ? 0.0f : 0.8f;
    }
  }
  int begun = 0;
};

EnvironmentSpec spec(int batch_size) {
  return {.batch_size = batch_size, .observation_shape = {1}, .action_low = {-1, 0}, .action_high = {1, 1}};
}

// [step][row, action], with row i playing the episode of seed i.
std::vector<std::vector<float>> actions(const ExplorationConfig& config, int batch_size, int num_steps) {
  FixedPolicy inner;
  NoisyPolicy<float> policy(inner, config, spec(batch_size), 1);
  for (int row = 0; row < batch_size; ++row) {
    policy.begin(row, {row, static_cast<std::uint64_t>(row)});
  }
  CHECK(inner.begun == batch_size);
  std::vector<std::vector<float>> result;
  for (int step = 0; step < num_steps; ++step) {
    result.emplace_back(static_cast<std::size_t>(batch_size) * 2);
    policy.act({}, result.back());
  }
  return result;
}

}  // namespace

TEST_CASE("about the asked share of episodes is noisy, each from its first step to its last", "[agent]") {
  const auto steps = actions({.noisy_share = 0.5, .noise_deviation = {0.25f, 0.0f}}, 400, 20);
  int noisy = 0;
  for (std::size_t row = 0; row < 400; ++row) {
    const bool is_noisy = steps[0][row * 2] != 0.0f;
    noisy += is_noisy;
    for (const auto& step : steps) {
      REQUIRE((step[row * 2] != 0.0f) == is_noisy);
      REQUIRE(step[row * 2 + 1] == 0.8f);
    }
  }
  CHECK(noisy > 160);
  CHECK(noisy < 240);
}

TEST_CASE("noise has the asked deviation, and is clipped to the bounds", "[agent]") {
  const auto steps = actions({.noisy_share = 1, .noise_deviation = {0.2f, 2.0f}, .noise_rate = 1}, 1, 5000);
  double variance = 0;
  for (const auto& step : steps) {
    variance += std::pow(static_cast<double>(step[0]), 2) / 5000;
    REQUIRE(step[1] >= 0.0f);
    REQUIRE(step[1] <= 1.0f);
  }
  CHECK(std::sqrt(variance) == Approx(0.2).epsilon(0.05));
}

TEST_CASE("a scaled episode keeps its factor", "[agent]") {
  const auto steps = actions({.noisy_share = 0, .scaled_share = 0.5, .scaled_component = 1}, 400, 3);
  int scaled = 0;
  for (std::size_t row = 0; row < 400; ++row) {
    const float gas = steps[0][row * 2 + 1];
    scaled += gas != 0.8f;
    REQUIRE(gas >= 0.8f * 0.3f);
    REQUIRE(gas <= 0.8f);
    REQUIRE(steps[2][row * 2 + 1] == gas);
  }
  CHECK(scaled > 160);
  CHECK(scaled < 240);
}

TEST_CASE("an exploration that does not fit the game is refused", "[agent]") {
  FixedPolicy inner;
  CHECK_THROWS_WITH(NoisyPolicy<float>(inner, {.noise_deviation = {1, 1, 1}}, spec(1), 1),
                    "noise_deviation: expected one value per action component (2), found 3");
  CHECK_THROWS_WITH(NoisyPolicy<float>(inner, {.scaled_component = 2}, spec(1), 1),
                    "scaled_component: expected -1 to 1, found 2");
}

TEST_CASE("noise on discrete actions is another action now and then, in noisy episodes", "[agent]") {
  const EnvironmentSpec three{.batch_size = 400,
                              .observation_shape = {1},
                              .actions = ActionKind::discrete,
                              .action_low = {0, 0, 0},
                              .action_high = {1, 1, 1}};
  class FirstAction : public Policy<float> {
   public:
    void begin(int, const Episode&) override {}
    void act(std::span<const float>, std::span<float> action) override {
      for (std::size_t i = 0; i < action.size(); ++i) {
        action[i] = i % 3 == 0 ? 1.0f : 0.0f;
      }
    }
  } inner;
  NoisyPolicy<float> policy(inner, {.noisy_share = 0.5, .noise_rate = 0.3}, three, 1);
  std::vector<int> disturbed(400);
  for (int row = 0; row < 400; ++row) {
    policy.begin(row, {row, static_cast<std::uint64_t>(row)});
  }
  std::vector<float> action(1200);
  for (int step = 0; step < 50; ++step) {
    policy.act({}, action);
    for (std::size_t row = 0; row < 400; ++row) {
      const auto begin = action.begin() + static_cast<std::ptrdiff_t>(3 * row);
      REQUIRE(std::count(begin, begin + 3, 1.0f) == 1);
      REQUIRE(std::count(begin, begin + 3, 0.0f) == 2);
      disturbed[row] += action[3 * row] == 0.0f ? 1 : 0;
    }
  }
  const auto quiet = std::count(disturbed.begin(), disturbed.end(), 0);
  CHECK(quiet > 160);
  CHECK(quiet < 240);
  // Of the other steps: 0.3 times two of three.
  CHECK(std::accumulate(disturbed.begin(), disturbed.end(), 0) ==
        Approx(0.2 * 50.0 * static_cast<double>(400 - quiet)).epsilon(0.1));
  CHECK_THROWS(NoisyPolicy<float>(inner, {.noise_deviation = {0.1f, 0.1f, 0.1f}}, three, 1));
  CHECK_THROWS(NoisyPolicy<float>(inner, {.scaled_component = 0}, three, 1));
}

}  // namespace reverie
