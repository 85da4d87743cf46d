// A number of a game's config that may differ from episode to episode: a factor of variation.
#pragma once

#include "env/error.h"

namespace reverie {

// One number, or all from low to high, of which each episode draws its own, every one as likely. A range of one number
// reads as that number; another one does not: a game reads the config that draw_ranges() made of it (env/variation.h).
struct Range {
  double low = 0, high = 0;

  Range() = default;
  Range(double value) : low(value), high(value) {}
  Range(double lowest, double highest) : low(lowest), high(highest) {}

  bool is_random() const { return low != high; }

  // Throws std::logic_error where an episode has yet to draw the number.
  operator double() const {
    REVERIE_CHECK(low, ==, high);
    return low;
  }
  bool operator==(const Range&) const = default;
};

}  // namespace reverie
