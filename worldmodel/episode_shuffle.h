// In which order episodes train a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "env/error.h"
#include "env/random.h"

namespace reverie {

// Gives every episode once in a shuffled order, then again in another one, without end. Equal seeds give equal orders.
class EpisodeShuffle {
 public:
  EpisodeShuffle(std::vector<int> episodes, std::uint64_t seed)
      : order_(std::move(episodes)), next_(order_.size()), rng_(seed) {
    REVERIE_CHECK(order_.size(), >, 0u);
  }

  int next() {
    if (next_ == order_.size()) {
      for (std::size_t i = order_.size(); i > 1; --i) {  // Fisher and Yates
        std::swap(order_[i - 1], order_[static_cast<std::size_t>(rng_.below(i))]);
      }
      next_ = 0;
    }
    return order_[next_++];
  }

 private:
  std::vector<int> order_;
  std::size_t next_;
  Rng rng_;
};

}  // namespace reverie
