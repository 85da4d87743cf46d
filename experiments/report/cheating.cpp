#include "experiments/report/cheating.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "env/error.h"
#include "experiments/report/html.h"
#include "experiments/report/statistics.h"

namespace reverie {
namespace {

constexpr double kMargin = 1.25;    // of the best return seen, where the game sets no bound
constexpr std::size_t kFewest = 4;  // controllers, or episodes
constexpr double kByChance = 0.05;
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
  return {"promises_too_much", found ? Verdict::disagree : Verdict::agree, found,
          found ? str("The dream promises more than the task can pay: ", shown(mean), " on average, against ", pays,
                      "; ", above, " of ", evidence.dream.size(), " dreams are above it.")
                : str("The dream does not promise more than the task can pay: ", shown(mean), " on average, against ",
                      pays, "; ", above, " of ", evidence.dream.size(), " dreams are above it.")};
}

// Whether a rank correlation over `count` >= 4 pairs is farther from 0 than chance makes it in one case of twenty, on
// its side. Its t with count - 2 degrees of freedom: Kendall and Stuart, The Advanced Theory of Statistics, 31.19.
bool is_beyond_chance(double correlation, std::size_t count) {
  const double freedom = static_cast<double>(count) - 2.0;
  const double rest = 1.0 - correlation * correlation;
  return rest <= 0.0 ||
         std::abs(correlation) * std::sqrt(freedom / rest) > student_t_quantile(1.0 - kByChance, freedom);
}

CheatingFinding parts_ways(const CheatingEvidence& evidence) {
  const std::string kind = "scores_part_ways";
  const std::size_t count = evidence.controllers_game.size();
  if (count < kFewest) {
    return {kind, Verdict::too_few, false,
            str("Whether dream and game rank the controllers alike cannot be said from ", count,
                count == 1 ? " saved controller" : " saved controllers", ": at least ", kFewest, " are needed.")};
  }
  std::vector<double> age(count);
  std::iota(age.begin(), age.end(), 0.0);
  const double dream_rises = rank_correlation(age, evidence.controllers_dream);
  const double game_rises = rank_correlation(age, evidence.controllers_game);
  const double together = rank_correlation(evidence.controllers_game, evidence.controllers_dream);
  const std::string figures = str("rank correlation ", shown(together), " over ", count, " controllers; with age ",
                                  shown(dream_rises), " in the dream and ", shown(game_rises), " in the game");
  if (!std::isfinite(together) || !is_beyond_chance(together, count)) {
    return {kind, Verdict::too_few, false,
            str("Whether dream and game rank the controllers alike cannot be said from so few (", figures, ").")};
  }
  if (together > 0.0) {
    return {kind, Verdict::agree, false, str("Dream and game rank the controllers alike (", figures, ").")};
  }
  const bool exploits = dream_rises > 0.0;
  return {kind, Verdict::disagree, exploits,
          exploits ? str("Over the generations the score in the dream rises while the score in the game falls (",
                         figures, "): the controllers learn to exploit the dream.")
                   : str("Dream and game rank the controllers in opposite order, though the dream's score does not "
                         "rise over the generations (",
                         figures, "): the dream's score says nothing about the game's here.")};
}

CheatingFinding flatters(const CheatingEvidence& evidence) {
  const Statistics game = statistics_of(evidence.game), dream = statistics_of(evidence.dream);
  const double gap = dream.mean - game.mean;
  const double error = std::hypot(game.standard_error, dream.standard_error);
  const std::string figures = str("dream ", shown(dream.mean), ", game ", shown(game.mean), ", difference ", shown(gap),
                                  " with a standard error of ", shown(error));
  if (std::min(evidence.game.size(), evidence.dream.size()) < kFewest) {
    return {"flatters", Verdict::too_few, false,
            str("Whether the dream pays its controller what the game does cannot be said from fewer than ", kFewest,
                " episodes: ", figures, ".")};
  }
  const bool differ = std::abs(gap) > kStandardErrors * error;
  return {
      "flatters", differ ? Verdict::disagree : Verdict::agree, false,
      differ ? str("The dream pays its controller ", gap > 0.0 ? "more" : "less", " than the game does: ", figures, ".")
             : str("The dream pays its controller what the game does, within chance: ", figures, ".")};
}

}  // namespace

std::vector<CheatingFinding> look_for_cheating(const CheatingEvidence& evidence) {
  REVERIE_CHECK(evidence.controllers_game.size(), ==, evidence.controllers_dream.size());
  return {promises(evidence), parts_ways(evidence), flatters(evidence)};
}

}  // namespace reverie
