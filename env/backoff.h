// How long to sleep until one looks again whether something has come: short while things happen, longer where nothing
// does. Nobody spins, so more processes than processors still work.
#pragma once

#include <algorithm>
#include <chrono>

namespace reverie {

class Backoff {
 public:
  void reset() { looks_ = 0; }
  std::chrono::microseconds next() {
    constexpr int kEager = 400;  // looks, some 30 ms: about the time between two updates of a network
    ++looks_;
    return std::chrono::microseconds(looks_ < kEager ? 20 : std::min(1000, 20 + 2 * (looks_ - kEager)));
  }

 private:
  int looks_ = 0;
};

}  // namespace reverie
