// A driver that knows the road and is in no hurry: for benchmarks and tests.
#pragma once

#include <span>

#include "env/game.h"

namespace reverie {

// Steers by what is true of the game, a CarRacing: along the middle of the road, at 12 m/s or less.
void follow_the_road(const Game& game, std::span<float> action);

}  // namespace reverie
