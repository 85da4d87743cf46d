// A card for a world model that is given away: README.md of an exported folder.
#pragma once

#include <string>

#include "experiments/run/experiment.h"

namespace reverie {

// Markdown: what the model is, its sizes, C's scores in game and dream and the real steps behind them, the command that
// made it, how to use it. picture: whether clip.png lies beside it. bytes: of all weights.
std::string model_card(const Experiment& run, int iteration, bool picture, std::uintmax_t bytes);

}  // namespace reverie
