#include "agent/random_policy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <type_traits>
#include <utility>

#include "agent/ornstein_uhlenbeck.h"
#include "env/discrete.h"
#include "env/error.h"
#include "env/random.h"

namespace reverie {
namespace {

Rng episode_rng(std::uint64_t seed, const Episode& episode) {
  return Rng(derive_seed(seed, Stream::collect_policy, episode.seed));
}

float uniform(Rng& rng, double low, double high) {
  return static_cast<float>(low + (high - low) * static_cast<double>(rng.uniform()));
}

void check_size(const char* name, std::size_t found, int action_size) {
  if (found != static_cast<std::size_t>(action_size)) {
    throw Error(ErrorKind::config,
                str(name, ": expected one value per action component (", action_size, "), found ", found));
  }
}

// One row of a policy that ignores its observations.
class SmoothActions {
 public:
  SmoothActions(const RandomPolicyConfig& config, const EnvironmentSpec& spec) : config_(config), spec_(spec) {
    const auto per_component = [&](const char* name, std::vector<double>& values) {
      if (values.empty()) {
        values.assign(spec_.action_low.size(), 1.0);
      }
      check_size(name, values.size(), spec_.action_size());
    };
    per_component("mean_share", config_.mean_share);
    per_component("probability_active", config_.probability_active);
    components_.resize(spec_.action_low.size());
  }

  void begin(Rng& rng) {
    for (std::size_t i = 0; i < components_.size(); ++i) {
      const double low = spec_.action_low[i], high = spec_.action_high[i];
      const double middle = (low + high) / 2, half = (high - low) / 2;
      const bool active = static_cast<double>(rng.uniform()) < config_.probability_active[i];
      OrnsteinUhlenbeck& component = components_[i];
      component.mean = uniform(rng, middle - config_.mean_share[i] * half, middle + config_.mean_share[i] * half);
      component.deviation = uniform(rng, config_.min_deviation, config_.max_deviation) * static_cast<float>(half);
      component.rate = uniform(rng, config_.min_rate, config_.max_rate);
      if (!active) {
        component = {.mean = std::clamp(0.0f, spec_.action_low[i], spec_.action_high[i])};
      }
      component.start(rng);
    }
  }

  void act(Rng& rng, std::span<float> action) {
    for (std::size_t i = 0; i < components_.size(); ++i) {
      action[i] = std::clamp(components_[i].value, spec_.action_low[i], spec_.action_high[i]);
      components_[i].step(rng);
    }
  }

 private:
  RandomPolicyConfig config_;
  EnvironmentSpec spec_;
  std::vector<OrnsteinUhlenbeck> components_;  // [action]
};

class HeldUniformActions {
 public:
  HeldUniformActions(const RandomPolicyConfig& config, const EnvironmentSpec& spec)
      : config_(config), spec_(spec), held_(spec.action_low) {}

  void begin(Rng&) {
    step_ = 0;
    hold_ = 1;
  }

  void act(Rng& rng, std::span<float> action) {
    if (step_ % hold_ == 0) {
      hold_ = config_.min_hold +
              static_cast<int>(rng.below(static_cast<std::uint64_t>(config_.max_hold - config_.min_hold + 1)));
      if (spec_.actions == ActionKind::discrete) {
        set_one_hot(held_, static_cast<std::size_t>(rng.below(held_.size())));
      }
      for (std::size_t i = 0; spec_.actions == ActionKind::box && i < held_.size(); ++i) {
        held_[i] = uniform(rng, spec_.action_low[i], spec_.action_high[i]);
      }
    }
    ++step_;
    std::copy(held_.begin(), held_.end(), action.begin());
  }

 private:
  RandomPolicyConfig config_;
  EnvironmentSpec spec_;
  int step_ = 0, hold_ = 1;
  std::vector<float> held_;  // [action]
};

class ConstantAction {
 public:
  ConstantAction(const RandomPolicyConfig& config, const EnvironmentSpec& spec) : action_(config.action) {
    check_size("action", action_.size(), spec.action_size());
    for (std::size_t i = 0; i < action_.size(); ++i) {
      check_range("action", action_[i], spec.action_low[i], spec.action_high[i]);
    }
    if (spec.actions == ActionKind::discrete &&
        (std::count(action_.begin(), action_.end(), 0.0f) != static_cast<std::ptrdiff_t>(action_.size()) - 1 ||
         std::count(action_.begin(), action_.end(), 1.0f) != 1)) {
      throw Error(ErrorKind::config, "action: expected a 1 for one of the discrete actions and 0 for the others");
    }
  }
  void begin(Rng&) {}
  void act(Rng&, std::span<float> action) { std::copy(action_.begin(), action_.end(), action.begin()); }

 private:
  std::vector<float> action_;
};

// A source of actions and a generator for each row.
template <typename Observation, typename Actions>
class BlindPolicy : public Policy<Observation> {
 public:
  BlindPolicy(const RandomPolicyConfig& config, const EnvironmentSpec& spec, std::uint64_t seed)
      : seed_(seed),
        action_size_(spec.action_low.size()),
        rngs_(static_cast<std::size_t>(spec.batch_size), Rng(seed)),
        actions_(static_cast<std::size_t>(spec.batch_size), Actions(config, spec)) {}

  void begin(int row, const Episode& episode) override {
    const std::size_t i = static_cast<std::size_t>(row);
    rngs_[i] = episode_rng(seed_, episode);
    actions_[i].begin(rngs_[i]);
  }
  void act(std::span<const Observation>, std::span<float> action) override {
    REVERIE_CHECK(action.size(), ==, actions_.size() * action_size_);
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      actions_[i].act(rngs_[i], action.subspan(i * action_size_, action_size_));
    }
  }

 private:
  std::uint64_t seed_;
  std::size_t action_size_;
  std::vector<Rng> rngs_;         // [batch]
  std::vector<Actions> actions_;  // [batch]
};

class RandomNetworkPolicy : public Policy<float> {
 public:
  RandomNetworkPolicy(const RandomPolicyConfig& config, const EnvironmentSpec& spec, std::uint64_t seed,
                      const ControllerConfig& controller)
      : seed_(seed),
        weight_scale_(config.weight_scale),
        controller_(controller, spec.observation_size(), spec.action_size(), spec.batch_size, spec.actions),
        parameters_(static_cast<std::size_t>(controller_.num_parameters())) {}

  void begin(int row, const Episode& episode) override {
    Rng rng = episode_rng(seed_, episode);
    const double scale = weight_scale_ * rng.uniform_double();
    for (double& parameter : parameters_) {
      parameter = scale * std::tan(std::numbers::pi * (rng.uniform_double() - 0.5));  // Cauchy, by its quantiles
    }
    controller_.set_row(row, parameters_);
  }
  void act(std::span<const float> observation, std::span<float> action) override {
    controller_.act(observation, action);
  }

 private:
  std::uint64_t seed_;
  double weight_scale_;
  Controller controller_;
  std::vector<double> parameters_;  // scratch
};

}  // namespace

void RandomPolicyConfig::validate() const {
  check_ranges(*this);
  check_range("max_rate", max_rate, min_rate, 1.0);
  check_range("max_deviation", max_deviation, min_deviation, 10.0);
  check_range("max_hold", max_hold, min_hold, 1000000);
}

template <typename Observation>
std::unique_ptr<Policy<Observation>> make_random_policy(const RandomPolicyConfig& config, const EnvironmentSpec& spec,
                                                        std::uint64_t seed, const ControllerConfig& controller) {
  check_config(config);
  switch (config.kind) {
    case RandomPolicyKind::smooth:
      if (spec.actions == ActionKind::box) {
        return std::make_unique<BlindPolicy<Observation, SmoothActions>>(config, spec, seed);
      }
      [[fallthrough]];
    case RandomPolicyKind::held_uniform:
      return std::make_unique<BlindPolicy<Observation, HeldUniformActions>>(config, spec, seed);
    case RandomPolicyKind::constant:
      return std::make_unique<BlindPolicy<Observation, ConstantAction>>(config, spec, seed);
    case RandomPolicyKind::random_network:
      if constexpr (std::is_same_v<Observation, float>) {
        return std::make_unique<RandomNetworkPolicy>(config, spec, seed, controller);
      }
  }
  throw Error(
      ErrorKind::config,
      "random policy: expected a kind that can act on frames, found random_network, which needs a model's features");
}

template std::unique_ptr<Policy<std::uint8_t>> make_random_policy(const RandomPolicyConfig&, const EnvironmentSpec&,
                                                                  std::uint64_t, const ControllerConfig&);
template std::unique_ptr<Policy<float>> make_random_policy(const RandomPolicyConfig&, const EnvironmentSpec&,
                                                           std::uint64_t, const ControllerConfig&);

}  // namespace reverie
