// What a run logs for TensorBoard: scalars, pictures, histograms, texts and the run's settings, each under a tag.
#pragma once

#include <cstdint>
#include <map>
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

// What a plugin of TensorBoard shows.
struct EventPlugin {
  std::string name;                 // "text" or "hparams"
  std::string content;              // bytes for the plugin; of text: none
  std::optional<std::string> text;  // of text: Markdown
};

// One quantity of an event: a scalar, an image, a histogram or what a plugin shows.
struct EventValue {
  std::string tag;
  std::optional<float> scalar;
  std::optional<EventImage> image;
  std::optional<EventHistogram> histogram;
  std::optional<EventPlugin> plugin;
};
EventValue scalar_value(const std::string& tag, double number);
EventValue text_value(const std::string& tag, const std::string& markdown);
// The settings of a run, for TensorBoard's tab HPARAMS: names and values, numbers as numbers. One in a run's events.
EventValue settings_value(const std::map<std::string, std::string>& settings);

struct Event {
  double wall_time = 0;  // seconds since 1970
  std::int64_t step = 0;
  std::string file_version;  // of a file's first event
  std::vector<EventValue> values;
};

inline constexpr const char* kEventFileVersion = "brain.Event:2";

}  // namespace reverie
