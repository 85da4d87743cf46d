// `reverie trace`: plays a file of actions open loop and records what the game did, to compare with another program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "env/games.h"

namespace reverie {

struct TraceOptions {
  std::string game = "car_racing";
  std::uint64_t seed = 0;
  std::filesystem::path
      track_file;  // JSON: rows of [alpha, beta, x, y], alone or as "track" of an object. Empty: the seed's
  // One line a step. car_racing: steer,gas,brake; or one column of whole numbers, 0 to 4. take_cover: one number.
  std::filesystem::path actions_file;
  std::vector<int> frames;         // after how many steps to write the picture, if it gets there; 0: reset
  std::filesystem::path out_file;  // OUT.json; the pictures go beside it as OUT_step_KKK.png
  bool above = false;              // take_cover's pictures from above instead
  CarRacingConfig car_racing;
  TakeCoverConfig take_cover;
};

// Stops where the actions end or the game does. The record is one JSON object:
//   schema 1, env, seed, versions {reverie, box2d}, track [tiles][alpha, beta, x, y], border [tiles] (1: has a kerb),
//   and runs, a list of one object with, for T steps: name "trace", actions [T][steer, gas, brake], hull [T + 1][x, y,
//   angle, vx, vy, angular velocity], wheels [T + 1][4][omega, phase, joint angle, tiles touched], reward [T],
//   terminated [T], tiles_visited [T + 1], first_visit [tiles] (the step; 0 in the reset, -1 never), score,
//   frame_steps.
// Row 0 of hull, wheels and tiles_visited is after the reset.
//
// Of take_cover: runs hold, for T tics: policy "trace", seed, steps T, died, actions [T] (rounded to -1, 0 or 1, and +1
// is left here), y and v [T] after each tic, n_shooters and n_fire [T], frame_steps, and full, a list of {t, shooters
// [[y, state 0 idle 1 wind-up 2 recover, timer]], fire [[x, y, vx, vy]]} every 20 tics and at the last.
//
// A bad line is an Error that names file and line.
void trace(const TraceOptions& options);

}  // namespace reverie
