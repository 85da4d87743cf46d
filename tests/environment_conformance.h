// What every Environment must do: see env/environment.h. Games, the encoded game and the dream all pass it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "env/environment.h"
#include "env/random.h"
#include "tests/test.hpp"

namespace reverie {

// Everything an environment shows of one row after one call.
template <typename Observation>
struct RowRecord {
  std::vector<Observation> observation;
  float reward = 0;
  bool terminated = false, truncated = false;
  bool operator==(const RowRecord&) const = default;
};

template <typename Observation>
class EnvironmentConformance {
 public:
  // make(batch_size): batches of any size of the same environment, all fresh.
  using Factory = std::function<std::unique_ptr<Environment<Observation>>(int batch_size)>;

  explicit EnvironmentConformance(Factory make) : make_(std::move(make)) {}

  void check() const {
    shapes_are_as_the_spec_says();
    a_row_depends_on_seed_and_actions_only();
    resetting_one_row_leaves_the_others();
    the_clock_truncates_and_finished_rows_stay_put();
  }

 private:
  using Env = Environment<Observation>;
  using Record = RowRecord<Observation>;
  static constexpr int kSteps = 12;

  static Record look(const Env& env, int row) {
    const std::size_t size = static_cast<std::size_t>(env.spec().observation_size());
    const std::size_t at = static_cast<std::size_t>(row);
    const auto part = env.observation().subspan(at * size, size);
    return {{part.begin(), part.end()}, env.reward()[at], env.terminated()[at] != 0, env.truncated()[at] != 0};
  }

  static void reset(Env& env, std::vector<int> rows, std::vector<std::uint64_t> seeds) { env.reset(rows, seeds); }

  // The action of step `step` of the episode with seed `seed`, within the bounds.
  static void put_action(const EnvironmentSpec& spec, std::uint64_t seed, int step, std::span<float> action) {
    Rng rng(derive_seed(seed, Stream::collect_noise, static_cast<std::uint64_t>(step)));
    if (spec.actions == ActionKind::discrete) {
      std::fill(action.begin(), action.end(), 0.0f);
      action[rng.below(action.size())] = 1.0f;
      return;
    }
    for (std::size_t i = 0; i < action.size(); ++i) {
      action[i] = spec.action_low[i] + (spec.action_high[i] - spec.action_low[i]) * rng.uniform();
    }
  }

  static void step(Env& env, const std::vector<std::uint64_t>& seeds, const std::vector<int>& steps) {
    const std::size_t size = static_cast<std::size_t>(env.spec().action_size());
    std::vector<float> actions(seeds.size() * size);
    for (std::size_t row = 0; row < seeds.size(); ++row) {
      put_action(env.spec(), seeds[row], steps[row], std::span(actions).subspan(row * size, size));
    }
    env.step(actions);
    for (int row = 0; row < env.spec().batch_size; ++row) {
      const Record record = look(env, row);
      REQUIRE(std::isfinite(record.reward));
      REQUIRE_FALSE((record.terminated && record.truncated));
      for (const Observation value : record.observation) {
        if (!std::isfinite(static_cast<float>(value))) {
          FAIL("an observation that is not finite");
        }
      }
    }
  }

  // Plays one seed in each row; returns [row][step], the reset's first.
  static std::vector<std::vector<Record>> play(Env& env, const std::vector<std::uint64_t>& seeds, int num_steps) {
    std::vector<int> rows(seeds.size());
    std::iota(rows.begin(), rows.end(), 0);
    reset(env, rows, seeds);
    std::vector<std::vector<Record>> records(seeds.size());
    for (int i = 0; i <= num_steps; ++i) {
      if (i > 0) {
        step(env, seeds, std::vector<int>(seeds.size(), i));
      }
      for (const int row : rows) {
        records[static_cast<std::size_t>(row)].push_back(look(env, row));
      }
    }
    return records;
  }

  void shapes_are_as_the_spec_says() const {
    const auto env = make_(3);
    const EnvironmentSpec& spec = env->spec();
    CHECK(spec.batch_size == 3);
    CHECK(spec.max_episode_steps > 0);
    REQUIRE(spec.observation_size() > 0);
    REQUIRE(spec.action_size() > 0);
    REQUIRE(spec.action_high.size() == spec.action_low.size());
    for (std::size_t i = 0; i < spec.action_low.size(); ++i) {
      CHECK(spec.action_low[i] < spec.action_high[i]);
      if (spec.actions == ActionKind::discrete) {
        CHECK(spec.action_low[i] == 0.0f);
        CHECK(spec.action_high[i] == 1.0f);
      }
    }
    CHECK(env->observation().size() == static_cast<std::size_t>(3 * spec.observation_size()));
    CHECK(env->reward().size() == 3);
    CHECK(env->terminated().size() == 3);
    CHECK(env->truncated().size() == 3);
    for (int row = 0; row < 3; ++row) {
      CHECK_FALSE(env->live(row));  // before its first reset
    }
    reset(*env, {0, 1, 2}, {1, 2, 3});
    for (int row = 0; row < 3; ++row) {
      CHECK(env->live(row));
      CHECK(look(*env, row).reward == 0.0f);
    }
  }

  void a_row_depends_on_seed_and_actions_only() const {
    const auto first = make_(3), second = make_(3);
    const auto a = play(*first, {5, 6, 7}, kSteps);  // compared in double brackets, as Catch cannot print it
    CHECK((a == play(*second, {5, 6, 7}, kSteps)));
    CHECK((a == play(*first, {5, 6, 7}, kSteps)));  // and not on what was played before
    const auto moved = play(*second, {7, 5, 8}, kSteps);
    CHECK((moved[0] == a[2]));
    CHECK((moved[1] == a[0]));
    CHECK((a[0] != a[1]));
    CHECK(a[0].front() != a[0].back());
  }

  void resetting_one_row_leaves_the_others() const {
    const auto env = make_(3), undisturbed = make_(3);
    const auto expected = play(*undisturbed, {5, 6, 7}, kSteps);
    const auto other = play(*make_(3), {5, 9, 7}, kSteps);
    reset(*env, {0, 1, 2}, {5, 6, 7});
    std::vector<std::uint64_t> seeds = {5, 6, 7};
    std::vector<int> steps = {0, 0, 0};
    for (int i = 1; i <= kSteps; ++i) {
      if (i == 4) {
        reset(*env, {1}, {9});
        seeds[1] = 9;
        steps[1] = 0;
        CHECK(look(*env, 0) == expected[0][3]);
        CHECK(look(*env, 2) == expected[2][3]);
        CHECK(look(*env, 1) == other[1][0]);
      }
      for (int& count : steps) {
        ++count;
      }
      step(*env, seeds, steps);
      CHECK(look(*env, 0) == expected[0][static_cast<std::size_t>(i)]);
      CHECK(look(*env, 2) == expected[2][static_cast<std::size_t>(i)]);
      const auto& row1 = i < 4 ? expected[1] : other[1];
      CHECK(look(*env, 1) == row1[static_cast<std::size_t>(steps[1])]);
    }
  }

  void the_clock_truncates_and_finished_rows_stay_put() const {
    const auto env = make_(2);
    const int limit = env->spec().max_episode_steps;
    reset(*env, {0}, {5});  // row 1 was never reset: it counts as finished
    Record ended = look(*env, 0);
    int length = 0;
    while (env->live(0)) {
      REQUIRE(length < limit);
      ++length;
      step(*env, {5, 5}, {length, length});
      ended = look(*env, 0);
      CHECK_FALSE(env->live(1));
      CHECK(look(*env, 1).reward == 0.0f);
    }
    CHECK(ended.truncated == (length == limit && !ended.terminated));
    ended.reward = 0.0f;
    const std::vector<float> nonsense(static_cast<std::size_t>(2 * env->spec().action_size()), std::nanf(""));
    for (int i = 0; i < 3; ++i) {
      env->step(nonsense);  // ignored, as both rows are finished
      CHECK(look(*env, 0) == ended);
    }
    reset(*env, {0}, {5});
    CHECK(env->live(0));
  }

  Factory make_;
};

template <typename Observation>
void check_environment(std::function<std::unique_ptr<Environment<Observation>>(int batch_size)> make) {
  EnvironmentConformance<Observation>(std::move(make)).check();
}

}  // namespace reverie
