// The few words that say what can be done now, and what will be seen.
#pragma once

#include <string>
#include <vector>

#include "experiments/viewer/player.h"

namespace reverie {

// The most useful keys of what is shown, "d  dream from here", the most useful first.
std::vector<std::string> hints_of(const View& view);

std::string temperature_in_words(double temperature);  // what one sees at it: "as M believes"

}  // namespace reverie
