// `reverie trace`: plays a file of actions open loop and records what the game did, to compare with another program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "env/games.h"

namespace reverie {

struct TraceOptions {
  std::string game = GameConfig().name;
  std::uint64_t seed = 0;
  // JSON of what the game takes in place of what the seed draws, such as a track; see the game's *_trace.h. Empty:
  // none.
  std::filesystem::path scene_file;
  // One line a step: a number for each component of the action; or one column of whole numbers, where the game has
  // numbered actions or discrete ones.
  std::filesystem::path actions_file;
  std::vector<int> frames;         // after how many steps to write the picture, if it gets there; 0: reset
  std::filesystem::path out_file;  // OUT.json; the pictures go beside it as OUT_step_KKK.png
  bool above = false;              // pictures from above instead, where the game has them
};

// Plays the game with its default config, and stops where the actions end or the game does. The record is one JSON
// object: schema 1, env, seed, versions {reverie, box2d}, what else the game says, and runs, a list of one object with
// frame_steps and what the game says of the run: see its *_trace.h. Of a game without a record of its own, for T steps:
// name "trace", actions [T][action], reward [T], terminated [T], end_reason, and truth, an object with a list [T + 1]
// for each of the game's truth_names, the first value after the reset.
//
// A bad line is an Error that names file and line.
void trace(const TraceOptions& options);

}  // namespace reverie
