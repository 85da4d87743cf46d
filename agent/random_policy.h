// Policies without training: they collect the first data, and they are baselines for scores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/policy.h"
#include "env/environment.h"
#include "env/fields.h"

namespace reverie {

enum class RandomPolicyKind {
  smooth,          // each component wanders around a mean of its own (Ornstein-Uhlenbeck); discrete: as held_uniform
  held_uniform,    // a uniform action, drawn anew, with the hold, at multiples of the hold (World Models' second game)
  random_network,  // a controller with random weights, drawn per episode (World Models' first game); needs features
  constant,        // always the same action
};

struct RandomPolicyConfig {
  RandomPolicyKind kind = RandomPolicyKind::smooth;
  // Of smooth. Drawn per episode and component: the mean, the deviation, the rate, and whether the component is active;
  // an inactive one keeps the value of its range that is nearest to 0.
  double min_rate = 0.03, max_rate = 0.25;
  double min_deviation = 0.1, max_deviation = 0.7;
  std::vector<double> mean_share = {};
  std::vector<double> probability_active = {};
  int min_hold = 1, max_hold = 10;  // of held_uniform
  double weight_scale = 0.01;       // of random_network, whose weights are standard Cauchy
  std::vector<float> action = {};   // of constant

  void validate() const;
};

inline std::vector<Field> fields(RandomPolicyConfig& c) {
  return {choice_field("kind", c.kind, {"smooth", "held_uniform", "random_network", "constant"},
                       "smooth: each component wanders around a mean of its own (Ornstein-Uhlenbeck); held_uniform: a "
                       "uniform action, held for some steps; random_network: C with random weights; constant"),
          number_field("min_rate", c.min_rate, 0.0, 1.0, "smooth: of the way back to the mean, per step, from here"),
          number_field("max_rate", c.max_rate, 0.0, 1.0, "to here"),
          number_field("min_deviation", c.min_deviation, 0.0, 10.0,
                       "smooth: the deviation around the mean, in halves of the component's range, from here"),
          number_field("max_deviation", c.max_deviation, 0.0, 10.0, "to here"),
          number_field("mean_share", c.mean_share, 0.0, 1.0,
                       "smooth: the middle share of each component's range that means come from; none: 1"),
          number_field("probability_active", c.probability_active, 0.0, 1.0,
                       "smooth: that a component is used in an episode; none: 1"),
          number_field("min_hold", c.min_hold, 1, 1000000, "held_uniform: steps until a new action, uniform from here"),
          number_field("max_hold", c.max_hold, 1, 1000000, "to here"),
          number_field("weight_scale", c.weight_scale, 0.0, 1e6,
                       "random_network: its weights are Cauchy times this times one uniform draw per episode"),
          number_field("action", c.action, -1e6f, 1e6f, "constant: the action")};
}

// What each row does depends on `seed` and on the seed of the episode it plays. Actions stay within the spec's bounds.
// controller: the network of random_network, whose squash keeps to the bounds. Throws Error (config) if the config does
// not fit the actions, or for a random_network on frames.
template <typename Observation>
std::unique_ptr<Policy<Observation>> make_random_policy(const RandomPolicyConfig& config, const EnvironmentSpec& spec,
                                                        std::uint64_t seed, const ControllerConfig& controller = {});

}  // namespace reverie
