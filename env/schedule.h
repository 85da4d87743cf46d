// An amount of a config that may change from one iteration of a run to the next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include "env/error.h"

namespace reverie {

// One value an iteration; the last one holds for all that follow. A schedule of one value reads as that value. One of
// several does not: whoever reads it must first take the config of an iteration, ExperimentConfig::at().
template <typename Value>
class Schedule {
 public:
  Schedule(Value value) : values_{std::move(value)} {}
  Schedule(std::initializer_list<Value> values) : values_(values) {}

  Value at(int iteration) const {
    REVERIE_CHECK(iteration, >=, 0);
    REVERIE_CHECK(values_.size(), >, 0u);
    return values_[std::min(static_cast<std::size_t>(iteration), values_.size() - 1)];
  }

  // Throws std::logic_error where there are several values.
  operator Value() const {
    REVERIE_CHECK(values_.size(), ==, 1u);
    return values_.front();
  }

  std::vector<Value>& values() { return values_; }
  const std::vector<Value>& values() const { return values_; }

 private:
  std::vector<Value> values_;
};

// An iteration that is later than any schedule is long.
inline constexpr int kLastIteration = std::numeric_limits<int>::max();

}  // namespace reverie
