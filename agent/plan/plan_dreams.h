// The dreams of a planner's candidates, and what each is worth.
#pragma once

#include <string>
#include <vector>

#include "env/random.h"
#include "worldmodel/dream_environment.h"

namespace reverie {

// What a plan is worth: the sum of what its dream pays, each step weighted by the probability that the dream has not
// ended before.
struct PlanObjective {
  DreamReward reward = DreamReward::model;
  float constant_reward = 1.0f;
  bool ends = true;      // false: dreams count as endless
  PayCapConfig pay_cap;  // of the plan's steps, from its first on
};
PlanObjective plan_objective(const DreamConfig& dream);  // dream: with the amounts of an iteration

// The best candidates of a plan, best first, at most kShownPlans.
inline constexpr int kShownPlans = 8;
struct PlanOutcome {
  ModelState ends;              // where their dreams ended
  std::vector<double> returns;  // what they were worth
  int number = 0;               // plans made so far in this episode
  bool empty() const { return returns.empty(); }
};

// From one row of a state: `steps` draws of noise and as many starts, the same for all candidates where shared.
struct PlanStart {
  ModelState from;           // [candidates, ...]
  std::vector<Noise> noise;  // of each step
};
PlanStart begin_plan(const WorldModel& model, const ModelState& state, int row, int candidates, int steps, bool shared,
                     Rng& rng);

// actions [steps, candidates, action]. What each is worth, -infinity where that is not finite; ends: where they end.
std::vector<double> dream_plans(const WorldModel& model, const PlanStart& start, const torch::Tensor& actions,
                                const PlanObjective& objective, double temperature, ModelState& ends);

// The candidates from best to worst; of equals the first is better. Error (kind other) where none has a finite return.
std::vector<int> ranking(const std::vector<double>& returns);

// Takes the best into the outcome.
void show_best(PlanOutcome& outcome, const std::vector<int>& order, const std::vector<double>& returns,
               const ModelState& ends);

}  // namespace reverie
