// What `reverie trace` records of take cover, to compare with its reference.
#pragma once

#include <memory>

#include "env/games.h"

namespace reverie {

// The run holds, for T tics: policy "trace", seed, steps T, died, actions [T] (rounded to -1, 0 or 1, and +1 is left
// here), y and v [T] after each tic, n_shooters and n_fire [T], and full, a list of {t, shooters [[y, state 0 idle 1
// wind-up 2 recover, timer]], fire [[x, y, vx, vy]]} every 20 tics and at the last.
std::unique_ptr<GameTracer> make_take_cover_tracer();

}  // namespace reverie
