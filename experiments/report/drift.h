// Open-loop dreams from many moments of recorded episodes, under the recorded actions.
#pragma once

#include <vector>

#include "experiments/report/comparison.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

struct DriftConfig {
  int horizon = 64;
  int warm_up = 20;  // frames that the model sees before the first dream of an episode
  float temperature = 1.0f;
};

// An episode cut from its end into stretches of one horizon, each dreamed from its first moment: every step is dreamed
// once, the end too. None where the episode is shorter than warm-up and horizon.
struct DriftCase {
  const RecordedEpisode* episode = nullptr;
  EmbeddedEpisode embedded;
  std::vector<std::int64_t> starts;
  std::vector<std::uint64_t> seeds;  // of the dreams' noise
};
DriftCase make_drift_case(const WorldModel& model, const RecordedEpisode& episode, const DriftConfig& config);

std::vector<Drift> measure_drift(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config);

// The same dreams again; of the one that begins at `start`, the frames after each of `steps` (0: the start itself).
Strip drift_strip(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config, std::int64_t start,
                  const std::vector<int>& steps, const std::string& caption);

// Several dreams from one moment beside the game, after each of `steps`.
Strip draws_strip(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config, std::int64_t start,
                  const std::vector<int>& steps, int draws);

}  // namespace reverie
