// Episodes of a controller in the game, with their frames, in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "experiments/run/experiment.h"
#include "worldmodel/data/episode_store.h"

namespace reverie {

// One episode a seed, in that order; they equal those of Arena::game() with the config's evaluation batch. A frame
// takes 12 kB.
std::vector<RecordedEpisode> play_and_record(const Experiment& experiment, const WorldModel& model,
                                             const SavedPolicy& policy, const std::vector<std::uint64_t>& seeds);

// Frame t as [1, 3, height, width] in 0..1.
torch::Tensor frame_tensor(const RecordedEpisode& episode, std::int64_t t);

// One frame [1, 3, height, width] in 0..1 as bytes [height, width, 3].
std::vector<std::uint8_t> frame_bytes(const torch::Tensor& frame);

}  // namespace reverie
