#include "experiments/tensorboard/event.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "experiments/tensorboard/protobuf.h"

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

EventValue scalar_value(const std::string& tag, double number) {
  EventValue value;
  value.tag = tag;
  value.scalar = static_cast<float>(number);
  return value;
}

EventValue text_value(const std::string& tag, const std::string& markdown) {
  EventValue value;
  value.tag = tag;
  value.plugin = {"text", "", markdown};
  return value;
}

// The numbers of the fields, from TensorBoard's plugins/hparams/plugin_data.proto, and protobuf's struct.proto.
EventValue settings_value(const std::map<std::string, std::string>& settings) {
  enum PluginDataField { kSessionStart = 3 };
  enum SessionStartField { kHparams = 1 };
  enum MapField { kKey = 1, kMapValue = 2 };
  enum ValueField { kNumber = 2, kString = 3 };
  MessageWriter session, data;
  for (const auto& [name, text] : settings) {
    MessageWriter entry, content;
    double number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && stop == text.data() + text.size()) {
      content.real(kNumber, number);
    } else {
      content.bytes(kString, text);
    }
    entry.bytes(kKey, name);
    entry.bytes(kMapValue, content.done());
    session.bytes(kHparams, entry.done());
  }
  data.bytes(kSessionStart, session.done());
  EventValue value;
  value.tag = "_hparams_/session_start_info";
  value.plugin = {"hparams", data.done(), std::nullopt};
  return value;
}

}  // namespace reverie
