// How long to sleep until one looks again whether a letter has come. Nobody spins, so more processes than processors
// still work. Who has nothing else to do looks often; beside threads that work on the same processors a look costs them
// something, so there it is seldom.
#pragma once

#include <algorithm>
#include <chrono>

namespace reverie {

class Backoff {
 public:
  void reset() { looks_ = 0; }
  std::chrono::microseconds next(bool beside_work = false) {
    constexpr int kEager = 300;  // looks, some 20 ms: about the time between two updates of a network
    constexpr int kLongest = 1000, kLongestBesideWork = 3000;
    ++looks_;
    if (beside_work) {
      return std::chrono::microseconds(std::min(kLongestBesideWork, 100 * looks_));
    }
    return std::chrono::microseconds(looks_ < kEager ? 20 : std::min(kLongest, 20 + 2 * (looks_ - kEager)));
  }

 private:
  int looks_ = 0;
};

}  // namespace reverie
