// Hints at the bottom of the window and below the temperature slider.
#pragma once

#include <string>
#include <vector>

#include "experiments/viewer/player.h"

namespace reverie {

// The most useful keys for what is shown, such as "d  dream from here"; the most useful one comes first.
std::vector<std::string> hints_of(const View& view);

std::string temperature_in_words(double temperature);  // what one sees at it: "as M believes"

}  // namespace reverie
