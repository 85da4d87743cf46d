// How far a dream stays true: recorded moments dreamed on under the recorded actions, held against what was recorded.
#pragma once

#include <cstdint>
#include <vector>

#include "worldmodel/latent_store.h"
#include "worldmodel/vae_mdn_rnn.h"

namespace reverie {

enum class OpenLoopStart {
  any,   // moments after a warm-up of at least `warm_up` steps
  lost,  // moments before which nothing paid for `lost_after` steps: where dreams like to invent a way back
};

struct OpenLoopConfig {
  int moments = 128;
  int horizon = 20;  // steps dreamed
  int warm_up = 20;
  int lost_after = 60;
  float temperature = 1.0f;
  OpenLoopStart start = OpenLoopStart::any;
};

// Means over the moments; zeros where no recorded moment qualifies.
struct OpenLoopResult {
  int moments = 0;
  std::vector<double>
      dream_error;  // [horizon], squared error of the dreamed frame, mean over pixels in 0..1 and colours
  std::vector<double> frozen_error;              // [horizon], of the frame that the dream started from
  double dream_reward = 0, recorded_reward = 0;  // summed over the horizon
};

OpenLoopResult measure_open_loop(const VaeMdnRnn& model, const LatentStore& store, const std::vector<int>& episodes,
                                 const OpenLoopConfig& config, std::uint64_t seed);

}  // namespace reverie
