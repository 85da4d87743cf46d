#include "experiments/report/cheating.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "env/error.h"
#include "experiments/report/html.h"
#include "experiments/report/statistics.h"

namespace reverie {
namespace {

constexpr double kMargin = 1.25;  // of the best return seen, where the game sets no bound
constexpr std::size_t kFewestControllers = 4;
constexpr double kRises = 0.3;
constexpr double kStandardErrors = 2.0;

CheatingFinding promises(const CheatingEvidence& evidence) {
  const double mean = statistics_of(evidence.dream).mean;
  const bool known = std::isfinite(evidence.best_return);
  double seen = *std::max_element(evidence.game.begin(), evidence.game.end());
  for (const double value : evidence.controllers_game) {
    seen = std::max(seen, value);
  }
  const double bound = known ? evidence.best_return : seen + (kMargin - 1.0) * std::abs(seen);
  const auto above = std::count_if(evidence.dream.begin(), evidence.dream.end(), [&](double v) { return v > bound; });
  const std::string pays = known ? str("the ", shown(bound), " that the task can pay")
                                 : str(shown(bound), ", a quarter above the best return seen in the game (",
                                       shown(seen), "; the game itself sets no bound)");
  const bool found = mean > bound;
  return {"promises_too_much", found, true,
          found ? str("The dream promises more than the task can pay: ", shown(mean), " on average, against ", pays,
                      "; ", above, " of ", evidence.dream.size(), " dreams are above it.")
                : str("The dream does not promise more than the task can pay: ", shown(mean), " on average, against ",
                      pays, "; ", above, " of ", evidence.dream.size(), " dreams are above it.")};
}

CheatingFinding parts_ways(const CheatingEvidence& evidence) {
  const std::size_t count = evidence.controllers_game.size();
  if (count < kFewestControllers) {
    return {"scores_part_ways", false, true,
            str("Whether the scores in dream and game diverge over the generations cannot be judged from ", count,
                count == 1 ? " saved controller" : " saved controllers", ": at least ", kFewestControllers,
                " are needed.")};
  }
  std::vector<double> age(count);
  std::iota(age.begin(), age.end(), 0.0);
  const double rises = rank_correlation(age, evidence.controllers_dream);
  const double together = rank_correlation(evidence.controllers_game, evidence.controllers_dream);
  const double game_rises = rank_correlation(age, evidence.controllers_game);
  const bool found = rises > kRises && together < 0.0;
  const std::string figures = str("rank correlation with age ", shown(rises), " in the dream and ", shown(game_rises),
                                  " in the game, with each other ", shown(together), ", over ", count, " controllers");
  return {"scores_part_ways", found, true,
          found ? str("Over the generations the score in the dream rises while the score in the game falls (", figures,
                      "): the controllers learn to exploit the dream.")
                : str("Over the generations the scores in dream and game do not diverge (", figures, ").")};
}

CheatingFinding flatters(const CheatingEvidence& evidence) {
  const Statistics game = statistics_of(evidence.game), dream = statistics_of(evidence.dream);
  const double gap = dream.mean - game.mean;
  const double error = std::hypot(game.standard_error, dream.standard_error);
  const bool found = error > 0.0 && gap > kStandardErrors * error;
  const std::string figures = str("dream ", shown(dream.mean), ", game ", shown(game.mean), ", difference ", shown(gap),
                                  " with a standard error of ", shown(error));
  return {"flatters", found, false,
          found ? str("The dream pays its controller more than the game does: ", figures, ".")
                : str("The dream does not pay its controller more than the game does, beyond chance: ", figures, ".")};
}

}  // namespace

std::vector<CheatingFinding> look_for_cheating(const CheatingEvidence& evidence) {
  REVERIE_CHECK(evidence.controllers_game.size(), ==, evidence.controllers_dream.size());
  return {promises(evidence), parts_ways(evidence), flatters(evidence)};
}

}  // namespace reverie
