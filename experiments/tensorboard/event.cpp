#include "experiments/tensorboard/event.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr int kBuckets = 30;

template <typename Value>
EventHistogram histogram_of(std::span<const Value> values) {
  EventHistogram histogram;
  for (const Value value : values) {
    const double x = static_cast<double>(value);
    if (std::isfinite(x)) {
      histogram.min = histogram.count > 0 ? std::min(histogram.min, x) : x;
      histogram.max = histogram.count > 0 ? std::max(histogram.max, x) : x;
      histogram.count += 1;
      histogram.sum += x;
      histogram.sum_of_squares += x * x;
    }
  }
  const double width = (histogram.max - histogram.min) / kBuckets;
  if (!(width > 0) || !std::isfinite(width)) {  // all values are equal
    histogram.limits = {histogram.max};
    histogram.buckets = {histogram.count};
    return histogram;
  }
  for (int bucket = 1; bucket <= kBuckets; ++bucket) {
    histogram.limits.push_back(bucket == kBuckets ? histogram.max : histogram.min + bucket * width);
  }
  histogram.buckets.resize(kBuckets, 0.0);
  for (const Value value : values) {
    const double x = static_cast<double>(value);
    if (std::isfinite(x)) {
      ++histogram.buckets[static_cast<std::size_t>(std::min(kBuckets - 1.0, (x - histogram.min) / width))];
    }
  }
  return histogram;
}

}  // namespace

EventHistogram make_histogram(std::span<const float> values) {
  return histogram_of(values);
}

EventHistogram make_histogram(std::span<const double> values) {
  return histogram_of(values);
}

}  // namespace reverie
