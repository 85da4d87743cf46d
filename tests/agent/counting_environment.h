// An environment that needs no game: episodes whose length, rewards and end follow from the seed and the actions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "env/environment.h"

namespace reverie {

// Features: {steps taken, seed, 1}, each scaled to about 1. An episode with seed s terminates after 1 + s % 7 steps, or
// is truncated after 6. A step pays first action component + the seed's thousandth.
class CountingEnvironment : public FeatureEnvironment {
 public:
  static constexpr int kClock = 6;
  static int length(std::uint64_t seed) { return std::min(1 + static_cast<int>(seed % 7), kClock); }
  static bool terminates(std::uint64_t seed) { return 1 + static_cast<int>(seed % 7) <= kClock; }

  explicit CountingEnvironment(int batch_size, int action_size = 1) {
    spec_.batch_size = batch_size;
    spec_.observation_shape = {3};
    spec_.action_low.assign(static_cast<std::size_t>(action_size), -1.0f);
    spec_.action_high.assign(static_cast<std::size_t>(action_size), 1.0f);
    spec_.max_episode_steps = kClock;
    const std::size_t batch = static_cast<std::size_t>(batch_size);
    seeds_.assign(batch, 0);
    counts_.assign(batch, 0);
    observation_.assign(batch * 3, 0.0f);
    reward_.assign(batch, 0.0f);
    terminated_.assign(batch, 0);
    truncated_.assign(batch, 1);
  }

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override {
    ++num_resets;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = static_cast<std::size_t>(rows[i]);
      seeds_[row] = seeds[i];
      started.push_back(seeds[i]);
      counts_[row] = 0;
      reward_[row] = 0;
      terminated_[row] = truncated_[row] = 0;
      observe(row);
    }
  }
  void step(std::span<const float> action) override {
    ++num_steps;
    for (std::size_t row = 0; row < seeds_.size(); ++row) {
      reward_[row] = 0;
      if (!live(static_cast<int>(row))) {
        continue;
      }
      ++counts_[row];
      reward_[row] = action[row * spec_.action_low.size()] + static_cast<float>(seeds_[row]) / 1000;
      terminated_[row] = counts_[row] == 1 + static_cast<int>(seeds_[row] % 7);
      truncated_[row] = !terminated_[row] && counts_[row] == kClock;
      observe(row);
    }
  }
  std::span<const float> observation() const override { return observation_; }
  std::span<const float> reward() const override { return reward_; }
  std::span<const std::uint8_t> terminated() const override { return terminated_; }
  std::span<const std::uint8_t> truncated() const override { return truncated_; }

  int num_resets = 0, num_steps = 0;   // calls so far
  std::vector<std::uint64_t> started;  // seeds, in the order of play

 private:
  void observe(std::size_t row) {
    observation_[row * 3] = static_cast<float>(counts_[row]) / kClock;
    observation_[row * 3 + 1] = static_cast<float>(seeds_[row] % 100) / 100;
    observation_[row * 3 + 2] = 1;
  }

  EnvironmentSpec spec_;
  std::vector<std::uint64_t> seeds_;
  std::vector<int> counts_;
  std::vector<float> observation_, reward_;
  std::vector<std::uint8_t> terminated_, truncated_;
};

}  // namespace reverie
