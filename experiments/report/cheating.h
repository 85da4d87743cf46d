// Whether a dream and its game agree about controllers, or a controller exploits its dream: it scores in the dream what
// the game does not pay. In words, with the figures.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace reverie {

enum class Verdict { agree, disagree, too_few };  // of dream and game; too_few: too few values to say

struct CheatingFinding {
  std::string kind;  // promises_too_much, scores_part_ways, flatters
  Verdict verdict = Verdict::too_few;
  bool is_cheating = false;  // a disagreement that is a sign of cheating; else it is only worth knowing
  std::string words;
};

struct CheatingEvidence {
  std::vector<double> game, dream;  // returns of the newest controller, with the same clock
  double best_return = 0;           // infinity: unknown
  // Mean returns of controllers, oldest first.
  std::vector<double> controllers_game, controllers_dream;
};

// One finding of each kind.
//   promises_too_much  disagree: the dream's mean return is above what the game can pay; where the game sets no bound,
//                      above the best return seen in it and a quarter more. Cheating
//   scores_part_ways   do dream and game rank the controllers alike? agree, disagree: their rank correlation is above
//                      or below 0 by more than chance gives in one case of twenty (Student's t). Cheating where the
//                      dream's score rises with age meanwhile. too_few: neither, or fewer than 4 controllers
//   flatters           disagree: the dream's mean is above or below the game's by more than 2 standard errors of the
//                      difference; no sign of cheating. too_few: fewer than 4 episodes
std::vector<CheatingFinding> look_for_cheating(const CheatingEvidence& evidence);

}  // namespace reverie
