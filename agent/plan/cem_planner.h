// A policy that plans in a world model: it dreams many sequences of actions from the present state, fits a normal
// distribution to the best of them, draws again from that, and plays the first action of what it ends with. Planning of
// PlaNet (D. Hafner et al., arXiv 1811.04551, algorithm 2) with held actions and a warm start; MPPI's weights by config
// (G. Williams et al., arXiv 1707.02342).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/action_tokens.h"
#include "agent/controller.h"
#include "agent/plan/plan_dreams.h"
#include "agent/plan/planner_config.h"
#include "agent/policy.h"
#include "agent/saved_policy.h"
#include "env/random.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/model_environment.h"

namespace reverie {

// The normal distribution that fits weighed values best; the weights sum to 1. The deviation is that of the values,
// with 1 / n and not 1 / (n - 1).
struct FittedNormal {
  double mean = 0, deviation = 0;
};
FittedNormal fit_normal(std::span<const double> values, std::span<const double> weights);

// A policy that plans, and can show what it thought of.
class Planner : public Policy<float> {
 public:
  virtual const PlanOutcome& outcome(int row) const = 0;  // of the row's last plan
};

class CemPlanner : public Planner {
 public:
  // environment: whose model it plans in, from whose state; it must outlive the planner. squash: what bounds each
  // component, by Squash's ranges (tanh -1..1, tanh01 0..1, relu_tanh 0..1, off for half of all draws); none: -1..1.
  // Throws Error (config) where squash does not fit the actions.
  CemPlanner(const PlannerConfig& config, const PlanObjective& objective, std::vector<Squash> squash,
             const ModelEnvironment& environment);

  void begin(int row, const Episode& episode) override;  // its draws depend on the episode's seed
  // Reads the environment's state, not the observation. A row plans when the last plan's first action has been held.
  // Error (kind other) where no candidate of a row has a finite return.
  void act(std::span<const float> observation, std::span<float> action) override;

  const PlanOutcome& outcome(int row) const override { return rows_[static_cast<std::size_t>(row)].outcome; }

 private:
  struct Row {
    Rng rng{0};
    int age = 0;               // steps since begin()
    std::vector<double> mean;  // [horizon, action], of the last plan; empty: none
    std::vector<float> action;
    PlanOutcome outcome;
  };

  void plan(int row);
  torch::Tensor actions_of(const std::vector<float>& plans) const;  // [steps, candidates, action]
  void to_action(std::span<const float> plan, std::span<float> action) const;

  PlannerConfig config_;
  PlanObjective objective_;
  std::vector<Squash> squash_;  // [action]
  const ModelEnvironment& environment_;
  bool discrete_;
  std::size_t action_size_;
  std::vector<Row> rows_;  // [batch]
};

// The planner as a saved policy of kind "planner", which make_planner turns into one that acts. model: the identity of
// the model that it plans in.
inline constexpr const char* kPlannerKind = "planner";
// tokens: of PlanActions::tokens.
SavedPolicy planner_policy(const PlannerConfig& config, const DreamConfig& dream, std::string model = "",
                           const ActionTokens* tokens = nullptr);
// For the table of make_policy.h. Error (kind data) where the environment has no world model, or where a number is
// missing.
std::unique_ptr<Policy<float>> make_planner(const SavedPolicy& saved, const FeatureEnvironment& environment,
                                            const ControllerConfig& controller);

}  // namespace reverie
