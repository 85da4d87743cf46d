// A limit on what a stretch of a dream's steps can pay. A lap pays once, but a dream does not know that and learns to
// speed. A function of the dream's rewards alone, for one step at a time and for whole dreams with a gradient.
#pragma once

#include <torch/torch.h>

namespace reverie {

struct PayCapConfig {
  int window = 0;           // steps a stretch; 0 switches the cap off
  double max_reward = 0.0;  // a stretch's reward counts up to this ...
  double penalty = 0.0;     // ... and what is above it counts minus this many times

  void validate() const;
};

struct CappedReward {
  float reward = 0.0f;  // what the step counts for
  double stretch = 0;   // what its stretch has paid so far, uncapped: to be handed in with the next step
};

// step: 0 for a dream's first. stretch: what came back from the step before; any number at step 0.
CappedReward capped_reward(const PayCapConfig& config, int step, float reward, double stretch);

// The same for whole dreams. rewards: [steps, rows], float32, from the dreams' first step on; what a dream pays after
// its end counts for nobody else. Returns [steps, rows], float32; the gradient goes through. Where a stretch's sum is
// exactly at the limit, the gradient is that from below.
torch::Tensor capped_rewards(const PayCapConfig& config, const torch::Tensor& rewards);

}  // namespace reverie
