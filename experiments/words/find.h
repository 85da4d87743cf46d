// Finds recorded moments by a sentence, and measures what a sentence as reward has taught.
#pragma once

#include <string>
#include <vector>

#include "experiments/models/words.h"

namespace reverie {

struct FoundMoment {
  int recording = 0, step = 0;  // of the newest iteration's recordings, as the window counts them from 0
  double fit = 0;               // by how much the sentence fits better than the game's plain ones together, nats
  std::string truth;            // what holds there, in plain words
};

struct FoundMoments {
  std::vector<FoundMoment> best;  // best first
  int height = 0, width = 0;      // of the strip: their frames side by side, [height, width, 3]
  std::vector<std::uint8_t> strip;
};

// One moment in `every` is looked at; of an episode no two within 50 steps are given. Error (kind data) where the run
// has no recordings.
FoundMoments find_moments(const Experiment& experiment, int iteration, const std::string& sentence, int count,
                          int every);

// What a run whose dream paid by a sentence has come to: shares of steps.
struct GoalReport {
  std::string goal;
  int episodes = 0;
  double dream = 0;      // where the dream paid, with the run's C
  double words = 0;      // where the same words say so of the game
  double truth = 0;      // where it is so in the game
  double untrained = 0;  // where it is so with an untrained C
};
// Error (kind config) where the dream pays otherwise, or the goal is not made of the game's own words.
GoalReport measure_goal(const Experiment& experiment, int iteration, int episodes);
std::string goal_in_short(const GoalReport& report);

}  // namespace reverie
