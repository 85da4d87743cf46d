// The settings of the planner (cem_planner.h).
#pragma once

#include <vector>

#include "env/error.h"
#include "env/fields.h"

namespace reverie {

enum class PlanWeighting {
  elites,   // the best few count alike, the others not at all: the cross-entropy method (CEM)
  softmax,  // all count, by exp(return / softmax_temperature): model-predictive path integral control (MPPI)
};

enum class PlanActions {
  held,    // each action is held for `hold` steps
  tokens,  // each action is a token of the run's vocabulary (agent/action_tokens.h), played to its end
};

struct PlannerConfig {
  PlanActions actions = PlanActions::held;
  int horizon = 6;
  int hold = 4;
  int candidates = 128;
  int iterations = 4;
  PlanWeighting weighting = PlanWeighting::elites;
  int elites = 16;
  double softmax_temperature = 1.0;
  double deviation = 1.0, deviation_min = 0.05;
  double temperature = 1.0;
  bool shared_noise = true;
  bool warm_start = true;

  void validate() const;
};

inline std::vector<Field> fields(PlannerConfig& c) {
  return {choice_field("actions", c.actions, {"held", "tokens"},
                       "what a plan is made of: actions that are held, or tokens of `reverie tokens`"),
          number_field("horizon", c.horizon, 1, 10000, "actions of a plan, or tokens"),
          number_field("hold", c.hold, 1, 10000, "steps that each action is held for; then it plans anew"),
          number_field("candidates", c.candidates, 2, 1000000, "plans that are dreamed in each iteration"),
          number_field("iterations", c.iterations, 1, 1000, "of drawing candidates and fitting a normal to the best"),
          choice_field("weighting", c.weighting, {"elites", "softmax"},
                       "elites: the best count alike (CEM); softmax: all count, by exp(return / softmax_temperature) "
                       "(MPPI)"),
          number_field("elites", c.elites, 1, 1000000, "how many are the best"),
          number_field("softmax_temperature", c.softmax_temperature, 1e-6, 1e9, "of the returns, in their own unit"),
          number_field("deviation", c.deviation, 1e-3, 100.0,
                       "of the first draw; actions are drawn between -1 and 1, and scores of discrete ones freely"),
          number_field("deviation_min", c.deviation_min, 0.0, 100.0, "smaller deviations count as this"),
          number_field("temperature", c.temperature, 0.01, 100.0, "of the dreams that it plans in"),
          bool_field("shared_noise", c.shared_noise, "all candidates of a plan meet the same draws of the dream"),
          bool_field("warm_start", c.warm_start, "a plan begins with what is left of the last one, else with rest")};
}

inline void PlannerConfig::validate() const {
  check_ranges(*this);
  check_range("elites", elites, 1, candidates);
}

}  // namespace reverie
