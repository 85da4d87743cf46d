// tokens: a run's recorded actions as a vocabulary, as a driver would say it.
#include "experiments/models/tokens.h"

#include <cmath>
#include <cstdio>
#include <iostream>

#include "experiments/app/commands.h"
#include "experiments/scoring/evaluation.h"

namespace reverie {

void tokens(const TokensOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  const int iteration = newest_iteration_with_model(experiment);
  TokensQuestion question;
  question.codes = options.codes;
  question.limits.merges = options.merges;
  question.limits.min_count = options.min_count;
  question.limits.max_length = options.max_length;
  const TokensReport report = learn_tokens(experiment, iteration, question);
  const std::vector<std::vector<int>> expansions = report.tokens.expansions();
  std::cout << report.tokens.num_codes() << " codes and " << report.tokens.merges.size() << " tokens of several; "
            << report.steps << " held-out steps: " << report.steps_a_token << " steps a token, " << report.token_bits
            << " bits a step (codes alone " << report.code_bits << ", zstd " << report.zstd_bits << ")\n";
  constexpr std::size_t kShownTokens = 24;
  for (std::size_t i = 0; i < std::min(report.most_said.size(), kShownTokens); ++i) {
    const auto& [token, share] = report.most_said[i];
    char percent[32];
    std::snprintf(percent, sizeof percent, "%5.1f %%", 100.0 * share);
    std::cout << percent << " of the time: "
              << in_words(report.tokens, expansions[static_cast<std::size_t>(token)], experiment.game.action_names,
                          experiment.game.actions == ActionKind::discrete)
              << "\n";
  }
  std::cerr << "wrote " << tokens_path(experiment.run, iteration).string() << "\n";
}

}  // namespace reverie
