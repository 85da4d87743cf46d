// The Ornstein-Uhlenbeck process at discrete steps: a value that fluctuates around a mean.
#pragma once

#include <cmath>

#include "env/random.h"

namespace reverie {

struct OrnsteinUhlenbeck {
  float mean = 0;
  float deviation = 0;  // standard deviation of the value in the long run
  float rate = 1;       // share of the way back to the mean that one step goes, in (0, 1]; 1: independent values
  float value = 0;

  void start(Rng& rng) { value = mean + deviation * rng.normal(); }
  void step(Rng& rng) { value += rate * (mean - value) + deviation * std::sqrt(rate * (2.0f - rate)) * rng.normal(); }
};

}  // namespace reverie
