// Signs that a controller exploits its dream: that it scores in the dream what the game does not pay. In words, with
// the figures.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace reverie {

struct CheatingFinding {
  std::string kind;  // promises_too_much, scores_part_ways, flatters
  bool found = false;
  bool is_cheating = false;  // false: worth knowing, but no sign of cheating
  std::string words;
};

struct CheatingEvidence {
  std::vector<double> game, dream;  // returns of the newest controller, with the same clock
  double best_return = 0;           // infinity: unknown
  // Mean returns of controllers, oldest first.
  std::vector<double> controllers_game, controllers_dream;
};

// One finding of each kind, found or not.
//   promises_too_much  the dream's mean return is above what the game can pay; where the game sets no bound, above the
//                      best return seen in it and a quarter more
//   scores_part_ways   among at least 4 controllers, the dream's score rises with age (rank correlation above 0.3)
//                      while the game's falls with the dream's (below 0)
//   flatters           the dream's mean is above the game's by more than 2 standard errors of the difference
std::vector<CheatingFinding> look_for_cheating(const CheatingEvidence& evidence);

}  // namespace reverie
