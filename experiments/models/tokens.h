// What `reverie tokens` leaves of an iteration: its drivers' actions as tokens.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/action_tokens.h"
#include "agent/saved_policy.h"
#include "experiments/run/experiment.h"

namespace reverie {

inline constexpr const char* kTokensKind = "action_tokens/1";

std::filesystem::path tokens_path(const RunDirectory& run, int iteration);
void save_tokens(const Experiment& experiment, int iteration, const ActionTokens& tokens);
// Error (kind data) where there are none, naming the command that makes them, or where they are damaged.
ActionTokens load_tokens(const Experiment& experiment, int iteration);

// The planner of a config in that iteration's world model, with its tokens where it plans with them.
SavedPolicy planner_of(const Experiment& experiment, const PlannerConfig& planner, const DreamConfig& dream,
                       int iteration, const std::string& model = "");

struct TokensQuestion {
  int codes = 16;  // of a box; discrete actions are their own codes
  MergeLimits limits;
};

struct TokensReport {
  ActionTokens tokens;
  std::vector<std::pair<int, double>> most_said;  // tokens, and their share of the steps, largest first
  std::int64_t steps = 0;                         // of held-out episodes, as the figures that follow
  double steps_a_token = 0;
  double code_bits = 0;   // a step, each code by itself
  double token_bits = 0;  // a step, each token by itself
  double zstd_bits = 0;   // a step, of the codes as bytes
};

// Learns tokens of the episodes that controllers drove (of all, where none did), without the held-out ones, and saves
// them. Error (kind data) where the run has no recordings.
TokensReport learn_tokens(const Experiment& experiment, int iteration, const TokensQuestion& question);

}  // namespace reverie
