// TensorBoard's event files: what a run logs, for `tensorboard --logdir`. Written and read without protobuf.
//
// A file is a row of records: u64 length, u32 masked CRC-32C of those 8 bytes, the bytes, u32 masked CRC-32C of the
// bytes, all little-endian. The bytes are a protobuf message tensorflow.Event; the first one names the version.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "env/atomic_file.h"

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

std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(
    std::string_view bytes);                   // TensorFlow's: a sum of bytes that hold their own sum is safer so
std::string encode_event(const Event& event);  // protobuf
std::string make_record(std::string_view bytes);

// One file, events.out.tfevents.SECONDS.NAME, where only this object writes.
class EventFile {
 public:
  // A new file in the folder, later in order than every other of that name there. `first_step` is kept in its first
  // event: the step its writer counts from. Error (kind other) naming it.
  EventFile(const std::filesystem::path& folder, const std::string& name, std::int64_t first_step);

  // At once, with the time of now. Steps must not fall.
  void write(std::int64_t step, std::vector<EventValue> values);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::int64_t last_step_;
};

struct ReadEvent : Event {
  std::uint64_t end = 0;  // where its record ends in the file, bytes
};

// All events of a file. A last record that was cut short, as a killed run leaves it, is not there. Error (kind data)
// naming the file and the byte where a record is damaged.
std::vector<ReadEvent> read_events(const std::filesystem::path& path);

// The event files of that name in the folder, oldest first; of every name where it is empty.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder, const std::string& name = "");

// Goes back in time: drops the events `steps` or more after their file's first_step, and what was cut short.
void cut_events(const std::filesystem::path& folder, const std::string& name, std::int64_t steps);

// Adds to every step of the files of that name, and puts them in order behind `before`, for TensorBoard forgets later
// steps that it read earlier. The last of them, or `before` where there is none.
std::filesystem::path shift_events(const std::filesystem::path& folder, const std::string& name, std::int64_t steps,
                                   const std::filesystem::path& before);

}  // namespace reverie
