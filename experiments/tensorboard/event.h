// What a run logs for TensorBoard: scalars, pictures and histograms, each under a tag.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reverie {

struct EventImage {
  int height = 0, width = 0;
  std::string png;  // the bytes of a PNG file, RGB
};

struct EventHistogram {
  double min = 0, max = 0, count = 0, sum = 0, sum_of_squares = 0;
  std::vector<double> limits;   // where each bucket ends; the first begins at min
  std::vector<double> buckets;  // how many values lie in each
};

// Buckets of equal width from the smallest value to the largest. What is not finite is left out.
EventHistogram make_histogram(std::span<const float> values);
EventHistogram make_histogram(std::span<const double> values);

// One quantity of an event: a scalar, an image or a histogram.
struct EventValue {
  std::string tag;
  std::optional<float> scalar;
  std::optional<EventImage> image;
  std::optional<EventHistogram> histogram;
};

struct Event {
  double wall_time = 0;  // seconds since 1970
  std::int64_t step = 0;
  std::string file_version;  // of a file's first event
  std::vector<EventValue> values;
};

inline constexpr const char* kEventFileVersion = "brain.Event:2";

}  // namespace reverie
