#include "agent/rollout.h"

#include <map>
#include <set>
#include <vector>

#include "agent/policy.h"
#include "tests/agent/counting_environment.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

// Its action is the share of the clock that has passed; it records its calls.
class EchoPolicy : public Policy<float> {
 public:
  void begin(int row, const Episode& episode) override { begun.push_back({row, episode.index}); }
  void act(std::span<const float> observation, std::span<float> action) override {
    for (std::size_t row = 0; row < action.size(); ++row) {
      action[row] = observation[row * 3];
    }
  }
  std::vector<std::pair<int, int>> begun;  // row, episode
};

std::vector<std::uint64_t> seeds(int count) {
  std::vector<std::uint64_t> result;
  for (int i = 0; i < count; ++i) {
    result.push_back(static_cast<std::uint64_t>(1000 + 13 * i));
  }
  return result;
}

std::vector<EpisodeResult> play(int batch_size, std::span<const std::uint64_t> episode_seeds) {
  CountingEnvironment environment(batch_size);
  EchoPolicy policy;
  EpisodeQueue queue(episode_seeds);
  std::vector<EpisodeResult> results(episode_seeds.size());
  CHECK(rollout(environment, policy, queue, results));
  return results;
}

}  // namespace

TEST_CASE("every episode is played to its own end, and scored by its own rewards", "[agent]") {
  const std::vector<std::uint64_t> episode_seeds = seeds(20);
  const std::vector<EpisodeResult> results = play(3, episode_seeds);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const int length = CountingEnvironment::length(episode_seeds[i]);
    CHECK(results[i].episode_length == length);
    CHECK(results[i].terminated == CountingEnvironment::terminates(episode_seeds[i]));
    const double steps = length * (length - 1) / 2.0 / CountingEnvironment::kClock;
    CHECK(results[i].episode_return == Approx(steps + length * static_cast<double>(episode_seeds[i]) / 1000));
  }
}

TEST_CASE("results do not depend on the number of rows", "[agent]") {
  const std::vector<std::uint64_t> episode_seeds = seeds(20);
  const std::vector<EpisodeResult> expected = play(1, episode_seeds);
  for (const int batch_size : {2, 7, 20, 33}) {
    CHECK(play(batch_size, episode_seeds) == expected);
  }
}

TEST_CASE("a row is refilled as soon as its episode ends", "[agent]") {
  // Lengths 1, 6, 1, 2, 1, 1: one row plays the long one while the other plays the rest.
  const std::vector<std::uint64_t> episode_seeds = {7, 5, 14, 8, 21, 28};
  CountingEnvironment environment(2);
  EchoPolicy policy;
  EpisodeQueue queue(episode_seeds);
  std::vector<EpisodeResult> results(episode_seeds.size());
  rollout(environment, policy, queue, results);
  CHECK(environment.num_steps == 6);
  CHECK(policy.begun == std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}});
}

TEST_CASE("an empty queue plays nothing", "[agent]") {
  CountingEnvironment environment(2);
  EchoPolicy policy;
  EpisodeQueue queue(std::vector<Episode>{});
  CHECK(rollout(environment, policy, queue, {}));
  CHECK(environment.num_steps == 0);
  CHECK(environment.num_resets == 0);
}

TEST_CASE("the first of several rollouts leaves the others their share", "[agent]") {
  const std::vector<std::uint64_t> episode_seeds = seeds(5);
  CHECK(EpisodeQueue(episode_seeds, 2).fair_share() == 3);
  CHECK(EpisodeQueue(episode_seeds).fair_share() == 5);

  CountingEnvironment environment(8);
  EchoPolicy policy;
  EpisodeQueue queue(episode_seeds, 2);
  std::vector<EpisodeResult> results(episode_seeds.size());
  rollout(environment, policy, queue, results);
  CHECK(policy.begun[2] == std::pair{2, 2});
  CHECK(policy.begun[3].first < 3);  // the fourth waits for one of the three rows
}

namespace {

// Records what collection stores of each episode.
struct Recorder : RolloutObserver {
  explicit Recorder(const FeatureEnvironment& watched) : environment(watched) {}

  void on_start(int row, const Episode& episode) override {
    CHECK(playing.insert(row).second);
    frames[episode.index].push_back(count(row));
  }
  bool on_step(const StepView& step) override {
    for (std::size_t row = 0; row < step.live.size(); ++row) {
      if (step.live[row] == 0) {
        continue;
      }
      const int index = step.episode[row].index;
      frames[index].push_back(count(static_cast<int>(row)));
      actions[index].push_back(step.action[row]);
      rewards[index] += static_cast<double>(step.reward[row]);
      if (step.terminated[row] || step.truncated[row]) {
        playing.erase(static_cast<int>(row));
      }
    }
    return ++num_steps < stop_after;
  }
  int count(int row) const {
    return static_cast<int>(environment.observation()[static_cast<std::size_t>(row) * 3] * CountingEnvironment::kClock +
                            0.5f);
  }

  const FeatureEnvironment& environment;
  int stop_after = 1000, num_steps = 0;
  std::set<int> playing;
  std::map<int, std::vector<int>> frames;
  std::map<int, std::vector<float>> actions;
  std::map<int, double> rewards;
};

}  // namespace

TEST_CASE("an observer sees each episode's T + 1 observations and T actions, in order", "[agent]") {
  const std::vector<std::uint64_t> episode_seeds = seeds(9);
  CountingEnvironment environment(4);
  EchoPolicy policy;
  Recorder recorder(environment);
  EpisodeQueue queue(episode_seeds);
  std::vector<EpisodeResult> results(episode_seeds.size());
  rollout(environment, policy, queue, results, &recorder);
  CHECK(recorder.playing.empty());
  for (int i = 0; i < 9; ++i) {
    const std::size_t place = static_cast<std::size_t>(i);
    const int length = CountingEnvironment::length(episode_seeds[place]);
    std::vector<int> frames;
    for (int step = 0; step <= length; ++step) {
      frames.push_back(step);
    }
    CHECK(recorder.frames[i] == frames);
    REQUIRE(recorder.actions[i].size() == static_cast<std::size_t>(length));
    CHECK(recorder.actions[i].back() == Approx((length - 1.0) / CountingEnvironment::kClock));
    CHECK(recorder.rewards[i] == results[place].episode_return);
  }
}

TEST_CASE("an observer can stop a rollout, and the environment can be used again", "[agent]") {
  const std::vector<std::uint64_t> episode_seeds = {5, 12, 19};  // each 6 steps
  CountingEnvironment environment(3);
  EchoPolicy policy;
  Recorder recorder(environment);
  recorder.stop_after = 2;
  EpisodeQueue queue(episode_seeds);
  std::vector<EpisodeResult> results(3);
  CHECK_FALSE(rollout(environment, policy, queue, results, &recorder));
  CHECK(results[0].episode_length == 2);
  CHECK_FALSE(results[0].terminated);

  EpisodeQueue again(std::vector<Episode>{{0, 5}});
  CHECK(rollout(environment, policy, again, results));
  CHECK(results[0].episode_length == 6);
}

}  // namespace reverie
