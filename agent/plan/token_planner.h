// A planner whose plans are made of tokens (agent/action_tokens.h): the cross-entropy method over which token comes
// first, second, and so on, in place of actions that are held.
#pragma once

#include <vector>

#include "agent/plan/cem_planner.h"

namespace reverie {

class TokenPlanner : public Planner {
 public:
  // A plan is as long as the CemPlanner's of the same config: horizon * hold steps, however many tokens that takes; so
  // both dream as many steps. The environment must outlive the planner. Error (kind data) where the tokens' actions are
  // of another size.
  TokenPlanner(const PlannerConfig& config, const PlanObjective& objective, ActionTokens tokens,
               const ModelEnvironment& environment);

  void begin(int row, const Episode& episode) override;
  void act(std::span<const float> observation, std::span<float> action) override;
  const PlanOutcome& outcome(int row) const override { return rows_[static_cast<std::size_t>(row)].outcome; }

 private:
  struct Row {
    Rng rng{0};
    std::vector<double> share;  // [places, tokens], of the last plan; empty: none
    std::vector<int> codes;     // of the token that is played
    std::size_t played = 0;     // of them
    PlanOutcome outcome;
  };

  void plan(int row);

  PlannerConfig config_;
  PlanObjective objective_;
  ActionTokens tokens_;
  std::vector<std::vector<int>> expansions_;
  const ModelEnvironment& environment_;
  std::vector<Row> rows_;  // [batch]
};

}  // namespace reverie
