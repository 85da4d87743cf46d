// What `reverie trace` records of a car race, to compare with Gymnasium's.
#pragma once

#include <memory>

#include "env/games.h"

namespace reverie {

// A scene is a track: rows of [alpha, beta, x, y], alone or as "track" of an object. The record has env, track
// [tiles][alpha, beta, x, y] and border [tiles] (1: has a kerb); the run, for T steps: name "trace", actions [T][steer,
// gas, brake], hull [T + 1][x, y, angle, vx, vy, angular velocity], wheels [T + 1][4][omega, phase, joint angle, tiles
// touched], reward [T], terminated [T], tiles_visited [T + 1], first_visit [tiles] (the step; 0 in the reset, -1
// never), score. Row 0 of hull, wheels and tiles_visited is after the reset.
std::unique_ptr<GameTracer> make_car_racing_tracer();

}  // namespace reverie
