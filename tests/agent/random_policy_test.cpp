#include "agent/random_policy.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "env/error.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

// The car's actions: steer, gas, brake.
EnvironmentSpec car_spec(int batch_size) {
  return {.batch_size = batch_size,
          .observation_shape = {4},
          .action_low = {-1, 0, 0},
          .action_high = {1, 1, 1},
          .max_episode_steps = 1000};
}

const ControllerConfig kCar{.squash = {Squash::tanh, Squash::tanh01, Squash::relu_tanh}};

RandomPolicyConfig make_config(RandomPolicyKind kind) {
  RandomPolicyConfig config{.kind = kind};
  if (kind == RandomPolicyKind::constant) {
    config.action = {0.1f, 0.5f, 0.0f};
  }
  return config;
}

// [step][row, action] of rows that play the episodes of `seeds`, all from the first step on.
std::vector<std::vector<float>> actions(const RandomPolicyConfig& config, const std::vector<std::uint64_t>& seeds,
                                        int num_steps) {
  const EnvironmentSpec spec = car_spec(static_cast<int>(seeds.size()));
  const std::unique_ptr<Policy<float>> policy = make_random_policy<float>(config, spec, 3, kCar);
  for (std::size_t row = 0; row < seeds.size(); ++row) {
    policy->begin(static_cast<int>(row), {static_cast<int>(row), seeds[row]});
  }
  std::vector<std::vector<float>> result;
  for (int step = 0; step < num_steps; ++step) {
    const std::vector<float> observation(seeds.size() * 4, std::sin(static_cast<float>(step)));
    result.emplace_back(seeds.size() * 3);
    policy->act(observation, result.back());
  }
  return result;
}

std::vector<std::uint64_t> first_seeds(int count) {
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < count; ++i) {
    seeds.push_back(static_cast<std::uint64_t>(i));
  }
  return seeds;
}

}  // namespace

TEST_CASE("every random policy stays within the bounds and depends on the episode's seed only", "[agent]") {
  for (const RandomPolicyKind kind : {RandomPolicyKind::smooth, RandomPolicyKind::held_uniform,
                                      RandomPolicyKind::random_network, RandomPolicyKind::constant}) {
    const auto steps = actions(make_config(kind), {11, 12, 11}, 200);
    const auto other_row = actions(make_config(kind), {12, 11}, 200);
    bool differs = false;
    for (std::size_t step = 0; step < steps.size(); ++step) {
      for (std::size_t i = 0; i < 9; ++i) {
        REQUIRE(steps[step][i] >= (i % 3 == 0 ? -1.0f : 0.0f));
        REQUIRE(steps[step][i] <= 1.0f);
      }
      for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(steps[step][i] == steps[step][6 + i]);
        REQUIRE(steps[step][i] == other_row[step][3 + i]);
        differs = differs || steps[step][i] != steps[step][3 + i];
      }
    }
    CHECK(differs == (kind != RandomPolicyKind::constant));
  }
}

TEST_CASE("beginning an episode again repeats it", "[agent]") {
  for (const RandomPolicyKind kind : {RandomPolicyKind::smooth, RandomPolicyKind::held_uniform}) {
    const auto policy = make_random_policy<std::uint8_t>(make_config(kind), car_spec(1), 3);
    std::vector<std::vector<float>> rounds;
    for (const std::uint64_t seed : {5u, 6u, 5u}) {
      policy->begin(0, {0, seed});
      rounds.emplace_back();
      for (int step = 0; step < 7; ++step) {
        std::vector<float> action(3);
        policy->act({}, action);
        rounds.back().insert(rounds.back().end(), action.begin(), action.end());
      }
    }
    CHECK(rounds[0] == rounds[2]);
    CHECK(rounds[0] != rounds[1]);
  }
}

TEST_CASE("smooth actions move a little at a time, around means from the whole range", "[agent]") {
  const int num_episodes = 400;
  const auto steps = actions({.min_deviation = 0, .max_deviation = 0}, first_seeds(num_episodes), 2);
  double low = 1, high = -1, sum = 0;
  for (std::size_t episode = 0; episode < num_episodes; ++episode) {
    const float steer = steps[0][episode * 3];
    CHECK(steps[1][episode * 3] == steer);
    low = std::min<double>(low, steer);
    high = std::max<double>(high, steer);
    sum += static_cast<double>(steer);
  }
  CHECK(low < -0.95);
  CHECK(high > 0.95);
  CHECK(std::abs(sum / num_episodes) < 0.1);

  const auto wandering =
      actions({.min_rate = 0.04, .max_rate = 0.04, .min_deviation = 0.2, .max_deviation = 0.2, .mean_share = {0, 0, 0}},
              {1}, 20000);
  double variance = 0, step_variance = 0;
  for (std::size_t step = 1; step < wandering.size(); ++step) {
    variance += std::pow(static_cast<double>(wandering[step][0]), 2) / 20000;
    step_variance += std::pow(static_cast<double>(wandering[step][0] - wandering[step - 1][0]), 2) / 20000;
  }
  CHECK(std::sqrt(variance) == Approx(0.2).epsilon(0.15));
  CHECK(std::sqrt(step_variance) == Approx(0.2 * std::sqrt(2 * 0.04)).epsilon(0.05));  // lag-1 correlation 1 - rate
}

TEST_CASE("a component that is seldom active rests at the value nearest to 0 in the other episodes", "[agent]") {
  const int num_episodes = 400;
  const auto steps = actions({.probability_active = {1, 1, 0.25}}, first_seeds(num_episodes), 30);
  int active = 0;
  for (std::size_t episode = 0; episode < num_episodes; ++episode) {
    active += std::any_of(steps.begin(), steps.end(), [&](const auto& step) { return step[episode * 3 + 2] > 0; });
  }
  CHECK(active > 70);
  CHECK(active < 130);
}

TEST_CASE("a held action changes at multiples of its hold", "[agent]") {
  const auto holds = [](int min_hold, int max_hold) {
    RandomPolicyConfig config = make_config(RandomPolicyKind::held_uniform);
    config.min_hold = min_hold;
    config.max_hold = max_hold;
    const auto steps = actions(config, {9}, 300);
    std::vector<int> lengths = {1};
    for (std::size_t step = 1; step < steps.size(); ++step) {
      if (steps[step] == steps[step - 1]) {
        ++lengths.back();
      } else {
        lengths.push_back(1);
      }
    }
    lengths.pop_back();  // cut off by the end
    return lengths;
  };
  const std::vector<int> fixed = holds(3, 3), free = holds(1, 4);
  CHECK(fixed.size() == 99);
  CHECK(std::all_of(fixed.begin(), fixed.end(), [](int length) { return length == 3; }));
  CHECK(*std::min_element(free.begin(), free.end()) == 1);
  CHECK(*std::max_element(free.begin(), free.end()) == 4);
}

TEST_CASE("a random network answers to what it observes, within the episode's own weights", "[agent]") {
  RandomPolicyConfig config = make_config(RandomPolicyKind::random_network);
  config.weight_scale = 1;
  const auto steps = actions(config, {1, 2}, 3);
  CHECK(steps[0] != steps[1]);
  CHECK(steps[0][0] != steps[0][3]);
  config.weight_scale = 0;
  CHECK(actions(config, {1}, 1)[0] == std::vector<float>{0.0f, 0.5f, 0.0f});
}

TEST_CASE("a random policy that does not fit the game is refused", "[agent]") {
  const EnvironmentSpec spec = car_spec(1);
  CHECK_THROWS_WITH(make_random_policy<std::uint8_t>(make_config(RandomPolicyKind::random_network), spec, 1),
                    "random policy: expected a kind that can act on frames, found random_network, which needs a "
                    "model's features");
  CHECK_THROWS_WITH(make_random_policy<float>({.probability_active = {1, 1}}, spec, 1),
                    "probability_active: expected one value per action component (3), found 2");
  RandomPolicyConfig constant{.kind = RandomPolicyKind::constant, .action = {0, 2, 0}};
  CHECK_THROWS_WITH(make_random_policy<float>(constant, spec, 1), "action: expected 0 to 1, found 2");
  CHECK_THROWS_WITH(check_config(RandomPolicyConfig{.min_hold = 5, .max_hold = 4}),
                    "max_hold: expected 5 to 1000000, found 4");
}

TEST_CASE("random policies of discrete actions hold one of them", "[agent]") {
  const EnvironmentSpec spec{.batch_size = 2,
                             .observation_shape = {1},
                             .actions = ActionKind::discrete,
                             .action_low = {0, 0, 0},
                             .action_high = {1, 1, 1}};
  RandomPolicyConfig config;
  config.kind = GENERATE(RandomPolicyKind::smooth, RandomPolicyKind::held_uniform, RandomPolicyKind::random_network);
  const auto policy = make_random_policy<float>(config, spec, 5);
  policy->begin(0, {0, 10});
  policy->begin(1, {1, 11});
  std::vector<int> played(3);
  std::vector<float> action(6);
  for (int step = 0; step < 300; ++step) {
    policy->act(std::vector<float>{0.5f, -0.5f}, action);
    for (const int row : {0, 3}) {
      REQUIRE(std::count(action.begin() + row, action.begin() + row + 3, 1.0f) == 1);
      REQUIRE(std::count(action.begin() + row, action.begin() + row + 3, 0.0f) == 2);
      ++played[static_cast<std::size_t>(std::max_element(action.begin() + row, action.begin() + row + 3) -
                                        action.begin() - row)];
    }
  }
  if (config.kind != RandomPolicyKind::random_network) {
    CHECK(*std::min_element(played.begin(), played.end()) > 100);
  }
  config.kind = RandomPolicyKind::constant;
  config.action = {0, 0.5f, 0.5f};
  CHECK_THROWS_WITH(make_random_policy<float>(config, spec, 5),
                    "action: expected a 1 for one of the discrete actions and 0 for the others");
}

}  // namespace reverie
