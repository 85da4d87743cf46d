// A run's dream as the bytes that a page holds.
#pragma once

#include <string>

#include "experiments/run/experiment.h"

namespace reverie {

// The newest complete iteration's network, C, and the moments of an episode that C plays in the game: the block of
// experiments/page/dream_runtime.h. Weights in half precision. link: for the page's foot; empty: none. Error (kind
// data) where the world model's family has no network for pages.
std::string dream_block(const Experiment& experiment, const std::string& link);

}  // namespace reverie
