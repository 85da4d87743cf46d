// The rollout loop: a policy plays episodes in an environment, which may be a game or a dream.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "agent/policy.h"
#include "env/environment.h"
#include "env/error.h"

namespace reverie {

struct EpisodeResult {
  double episode_return = 0;
  int episode_length = 0;   // in steps
  bool terminated = false;  // the task ended; false: the clock ended it, or the rollout was stopped
  bool operator==(const EpisodeResult&) const = default;
};

// Hands out episodes, each once; several rollouts on several threads may take from one queue.
class EpisodeQueue {
 public:
  // Episodes that come from elsewhere, from a call that may wait; none at the end.
  EpisodeQueue(std::function<std::optional<Episode>()> next, int fair_share)
      : from_elsewhere_(std::move(next)), fair_share_(fair_share) {}
  explicit EpisodeQueue(std::vector<Episode> episodes, int num_rollouts = 1)
      : episodes_(std::move(episodes)), fair_share_(share(episodes_.size(), num_rollouts)) {}
  // Episode i has seeds[i].
  explicit EpisodeQueue(std::span<const std::uint64_t> seeds, int num_rollouts = 1)
      : fair_share_(share(seeds.size(), num_rollouts)) {
    for (const std::uint64_t seed : seeds) {
      episodes_.push_back({static_cast<int>(episodes_.size()), seed});
    }
  }

  std::optional<Episode> next() {
    if (from_elsewhere_) {
      return from_elsewhere_();
    }
    const std::optional<int> place = next_place();
    return place ? std::optional(at(*place)) : std::nullopt;
  }

  // The same by its place in the queue, for those who send it elsewhere.
  std::optional<int> next_place() {
    const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
    return i < episodes_.size() ? std::optional(static_cast<int>(i)) : std::nullopt;
  }
  const Episode& at(int place) const { return episodes_[static_cast<std::size_t>(place)]; }
  int size() const { return static_cast<int>(episodes_.size()); }

  // The most rows that one rollout should fill, so that other rollouts get as many.
  int fair_share() const { return fair_share_; }

 private:
  static int share(std::size_t episodes, int num_rollouts) {
    const auto rollouts = static_cast<std::size_t>(num_rollouts);
    return static_cast<int>((episodes + rollouts - 1) / rollouts);
  }

  std::vector<Episode> episodes_;
  std::function<std::optional<Episode>()> from_elsewhere_;
  int fair_share_;
  std::atomic<std::size_t> next_ = 0;
};

// One step of a batch, as an observer sees it.
struct StepView {
  std::span<const Episode> episode;    // [batch], what each row plays
  std::span<const std::uint8_t> live;  // [batch], 1 for the rows that took this step; the rest of a row's values
                                       // mean something only there
  std::span<const float> action;       // [batch, action], as given to the environment
  std::span<const float> reward;       // [batch], as the next two
  std::span<const std::uint8_t> terminated;
  std::span<const std::uint8_t> truncated;
};

// Watches a rollout: a recorder, a window, a progress line. An observer reads the environment that it was made with: in
// on_start() the row's observation is the episode's first, in on_step() it is the one after the step. So a recorder
// that copies it in both gets an episode's T + 1 observations in order.
class RolloutObserver {
 public:
  virtual ~RolloutObserver() = default;
  virtual void on_start(int /*row*/, const Episode& /*episode*/) {}
  virtual bool on_step(const StepView& step) = 0;  // false stops the rollout
};

// Plays the queue's episodes until none is left, refilling a row as soon as its episode ends. Writes results[index] of
// each episode it plays and no other, so that several rollouts may share `results`. Returns false if the observer
// stopped it: unfinished episodes then hold the return and length so far. The results depend on the episodes and on the
// environment's batch size, but neither on the order of the queue nor on who else takes from it.
template <typename Observation>
bool rollout(Environment<Observation>& environment, Policy<Observation>& policy, EpisodeQueue& episodes,
             std::span<EpisodeResult> results, RolloutObserver* observer = nullptr) {
  const std::size_t batch = static_cast<std::size_t>(environment.spec().batch_size);
  const std::size_t num_rows = std::min(batch, static_cast<std::size_t>(episodes.fair_share()));
  std::vector<Episode> episode(batch);
  std::vector<std::uint8_t> live(batch, 0);
  std::vector<float> action(batch * environment.spec().action_low.size(), 0.0f);
  std::vector<int> starting;
  std::vector<std::uint64_t> seeds;

  while (true) {
    starting.clear();
    seeds.clear();
    for (std::size_t row = 0; row < num_rows; ++row) {
      if (live[row]) {
        continue;
      }
      const std::optional<Episode> next = episodes.next();
      if (!next) {
        break;
      }
      REVERIE_CHECK(static_cast<std::size_t>(next->index), <, results.size());
      results[static_cast<std::size_t>(next->index)] = {};
      episode[row] = *next;
      live[row] = 1;
      starting.push_back(static_cast<int>(row));
      seeds.push_back(next->seed);
    }
    if (!starting.empty()) {
      environment.reset(starting, seeds);
      for (const int row : starting) {
        policy.begin(row, episode[static_cast<std::size_t>(row)]);
        if (observer != nullptr) {
          observer->on_start(row, episode[static_cast<std::size_t>(row)]);
        }
      }
    }
    if (std::find(live.begin(), live.end(), 1) == live.end()) {
      return true;
    }

    policy.act(environment.observation(), action);
    environment.step(action);
    for (std::size_t row = 0; row < num_rows; ++row) {
      if (live[row]) {
        EpisodeResult& result = results[static_cast<std::size_t>(episode[row].index)];
        result.episode_return += static_cast<double>(environment.reward()[row]);
        ++result.episode_length;
        result.terminated = environment.terminated()[row] != 0;
      }
    }
    if (observer != nullptr && !observer->on_step({episode, live, action, environment.reward(),
                                                   environment.terminated(), environment.truncated()})) {
      return false;
    }
    for (std::size_t row = 0; row < num_rows; ++row) {
      live[row] = live[row] && environment.live(static_cast<int>(row));
    }
  }
}

}  // namespace reverie
