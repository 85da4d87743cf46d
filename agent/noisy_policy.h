// Exploration: a policy whose actions are disturbed in some episodes, so that the recorded data contain mistakes and
// recoveries from them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/ornstein_uhlenbeck.h"
#include "agent/policy.h"
#include "env/discrete.h"
#include "env/environment.h"
#include "env/error.h"
#include "env/fields.h"
#include "env/random.h"

namespace reverie {

struct ExplorationConfig {
  Schedule<double> noisy_share = 0.5;
  std::vector<float> noise_deviation = {};
  double noise_rate = 0.1;
  double scaled_share = 0;
  int scaled_component = -1;
  float scale_low = 0.3f, scale_high = 1.0f;

  void validate() const;
};

inline std::vector<Field> fields(ExplorationConfig& c) {
  return {number_field("noisy_share", c.noisy_share, 0.0, 1.0,
                       "in each iteration: share of the episodes that get noise on their actions"),
          number_field("noise_deviation", c.noise_deviation, 0.0f, 100.0f,
                       "of the noise, for each action component in its own unit; none: no noise"),
          number_field("noise_rate", c.noise_rate, 0.0, 1.0,
                       "how fast the noise forgets, per step; 1: new at each step. Of discrete actions: how often a "
                       "random one is played"),
          number_field("scaled_share", c.scaled_share, 0.0, 1.0, "of the episodes have one action component scaled"),
          number_field("scaled_component", c.scaled_component, -1, 1000, "which component, from 0; -1: none"),
          number_field("scale_low", c.scale_low, 0.0f, 100.0f, "the factor is drawn for each episode, from here"),
          number_field("scale_high", c.scale_high, 0.0f, 100.0f, "to here")};
}

inline void ExplorationConfig::validate() const {
  check_ranges(*this);
  check_range("scale_high", scale_high, scale_low, 100.0f);
}

// The noise is an Ornstein-Uhlenbeck process per component. Where actions are discrete, each step of a noisy episode
// plays a random action with chance noise_rate, and the keys about components are refused. Disturbed actions are
// clipped to the spec's bounds. Which episodes are noisy or scaled, and how, depends on `seed` and on the episode's
// seed. The inner policy must outlive it.
template <typename Observation>
class NoisyPolicy : public Policy<Observation> {
 public:
  // Throws Error (config) if the config does not fit the spec's actions.
  NoisyPolicy(Policy<Observation>& inner, const ExplorationConfig& config, const EnvironmentSpec& spec,
              std::uint64_t seed)
      : inner_(inner),
        config_(config),
        low_(spec.action_low),
        high_(spec.action_high),
        seed_(seed),
        discrete_(spec.actions == ActionKind::discrete) {
    check_config(config_);
    if (discrete_ && (!config_.noise_deviation.empty() || config_.scaled_component >= 0)) {
      throw Error(ErrorKind::config, "noise_deviation, scaled_component: expected neither where actions are discrete");
    }
    const int action_size = spec.action_size();
    if (config_.noise_deviation.empty()) {
      config_.noise_deviation.assign(low_.size(), 0.0f);
    }
    if (config_.noise_deviation.size() != low_.size()) {
      throw Error(ErrorKind::config, str("noise_deviation: expected one value per action component (", action_size,
                                         "), found ", config_.noise_deviation.size()));
    }
    check_range("scaled_component", config_.scaled_component, -1, action_size - 1);
    rows_.resize(static_cast<std::size_t>(spec.batch_size));
  }

  void begin(int row, const Episode& episode) override {
    inner_.begin(row, episode);
    Row& state = rows_[static_cast<std::size_t>(row)];
    state.rng = Rng(derive_seed(seed_, Stream::collect_noise, episode.seed));
    state.noise.clear();
    state.noisy = draw(state.rng) < config_.noisy_share;
    if (state.noisy && !discrete_) {
      for (const float deviation : config_.noise_deviation) {
        state.noise.push_back({.deviation = deviation, .rate = static_cast<float>(config_.noise_rate)});
        state.noise.back().start(state.rng);
      }
    }
    const bool scaled = draw(state.rng) < config_.scaled_share;
    const float factor = config_.scale_low + (config_.scale_high - config_.scale_low) * state.rng.uniform();
    state.scale = scaled ? factor : 1.0f;
  }

  void act(std::span<const Observation> observation, std::span<float> action) override {
    inner_.act(observation, action);
    REVERIE_CHECK(action.size(), ==, rows_.size() * low_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      disturb(rows_[row], action.subspan(row * low_.size(), low_.size()));
    }
  }

 private:
  struct Row {
    Rng rng{0};
    std::vector<OrnsteinUhlenbeck> noise;  // [action]; empty in an episode without noise
    float scale = 1;
    bool noisy = false;
  };

  static double draw(Rng& rng) { return static_cast<double>(rng.uniform()); }

  void disturb(Row& row, std::span<float> action) {
    if (discrete_) {
      if (row.noisy && draw(row.rng) < config_.noise_rate) {
        set_one_hot(action, static_cast<std::size_t>(row.rng.below(action.size())));
      }
      return;
    }
    if (config_.scaled_component >= 0 && row.scale != 1.0f) {
      const std::size_t i = static_cast<std::size_t>(config_.scaled_component);
      action[i] = std::clamp(action[i] * row.scale, low_[i], high_[i]);
    }
    for (std::size_t i = 0; i < row.noise.size(); ++i) {
      action[i] = std::clamp(action[i] + row.noise[i].value, low_[i], high_[i]);
      row.noise[i].step(row.rng);
    }
  }

  Policy<Observation>& inner_;
  ExplorationConfig config_;
  std::vector<float> low_, high_;  // [action]
  std::uint64_t seed_;
  bool discrete_;
  std::vector<Row> rows_;  // [batch]
};

}  // namespace reverie
