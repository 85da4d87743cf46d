// Policies without training: they collect the first data, and they are baselines for scores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/policy.h"
#include "env/environment.h"

namespace reverie {

enum class RandomPolicyKind {
  smooth,          // each component wanders around a mean of its own (Ornstein-Uhlenbeck); discrete: as held_uniform
  held_uniform,    // a uniform action, drawn anew, with the hold, at multiples of the hold (World Models' second game)
  random_network,  // a controller with random weights, drawn per episode (World Models' first game); needs features
  constant,        // always the same action
};
const char* to_string(RandomPolicyKind kind);
RandomPolicyKind random_policy_kind_from_string(const std::string& name);  // throws Error (config) for any other name

struct RandomPolicyConfig {
  RandomPolicyKind kind = RandomPolicyKind::smooth;

  // smooth. Drawn per episode and component: the mean from the whole range of the component, the deviation, the rate,
  // and whether it is active at all; an inactive one keeps the value of its range that is nearest to 0.
  double min_rate = 0.03, max_rate = 0.25;          // of the way back to the mean, per step
  double min_deviation = 0.1, max_deviation = 0.7;  // in halves of the range
  std::vector<double> mean_share = {};  // per component: the middle share of the range that means come from; empty: 1
  std::vector<double> probability_active = {};  // per component; empty: 1. A brake: 0.25

  // held_uniform
  int min_hold = 1, max_hold = 10;  // steps, uniform; cut short by the next multiple of the hold

  // random_network: standard Cauchy weights times weight_scale times uniform(0, 1), one such factor per episode.
  double weight_scale = 0.01;

  // constant
  std::vector<float> action = {};

  void validate() const;
};

// What each row does depends on `seed` and on the seed of the episode it plays. Actions stay within the spec's bounds.
// controller: the network of random_network, whose squash keeps to the bounds. Throws Error (config) if the config does
// not fit the actions, or for a random_network on frames.
template <typename Observation>
std::unique_ptr<Policy<Observation>> make_random_policy(const RandomPolicyConfig& config, const EnvironmentSpec& spec,
                                                        std::uint64_t seed, const ControllerConfig& controller = {});

}  // namespace reverie
