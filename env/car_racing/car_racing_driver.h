// A scripted driver for benchmarks and tests. It reads the game's true state and drives slowly.
#pragma once

#include <span>

#include "env/game.h"

namespace reverie {

// Steers by the truth() of the game, which must be a CarRacing, along the middle of the road at 12 m/s or less.
void follow_the_road(const Game& game, std::span<float> action);

}  // namespace reverie
