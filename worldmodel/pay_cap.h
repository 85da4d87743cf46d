// The pay cap: a limit on the reward that each window of a dream's steps can pay. Some rewards exist only once in the
// game, but a dream may pay them again and again, and a policy learns to collect them faster than the game allows. The
// cap is a function of the dream's rewards alone, for one step at a time or for whole dreams with a gradient.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "env/fields.h"

namespace reverie {

struct PayCapConfig {
  int window = 0;
  Schedule<double> max_reward = 0.0;
  double penalty = 0.0;
};

inline std::vector<Field> fields(PayCapConfig& c) {
  return {
      number_field("window", c.window, 0, 1000000, "steps of a stretch; 0: no cap"),
      number_field("max_reward", c.max_reward, -1e9, 1e9, "in each iteration: a stretch's reward counts up to this"),
      number_field("penalty", c.penalty, 0.0, 1e6, "what is above counts minus this many times")};
}

// The same cap for dreams of so many steps: where they are shorter than the window, the window is as long as they are
// and its limit smaller in proportion.
PayCapConfig pay_cap_of(const PayCapConfig& config, int steps);

struct CappedReward {
  float reward = 0.0f;  // what the step counts for
  double stretch = 0;   // uncapped sum of its window so far: pass it in with the next step
};

// step: 0 for a dream's first. stretch: CappedReward::stretch of the step before; any number at step 0.
CappedReward capped_reward(const PayCapConfig& config, int step, float reward, double stretch);

// The same for whole dreams. rewards: [steps, rows], float32, from the dreams' first step on; a row's rewards after its
// dream's end change no other row. Returns [steps, rows], float32; the gradient goes through. Where a window's sum is
// exactly at the limit, the gradient is that of a sum just below it.
torch::Tensor capped_rewards(const PayCapConfig& config, const torch::Tensor& rewards);

}  // namespace reverie
