// metrics.jsonl: one line of JSON per measurement, of all stages of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "env/atomic_file.h"

namespace reverie {

// Where in a run a measurement was made. A step is whatever the stage counts: batches, generations, episodes.
struct MetricsPlace {
  std::string stage;
  int iteration = 0;
  std::int64_t step = 0;
};

using Measurements = std::vector<std::pair<std::string, double>>;

class Metrics {
 public:
  // Opens or creates the file. A last line that was cut short when its writer was killed is dropped.
  explicit Metrics(const std::filesystem::path& path);

  // Adds a line at once: {"stage":..., "iteration":..., "step":..., then the values in their order}.
  void write(const MetricsPlace& place, const Measurements& values);

  // A stage goes on from a checkpoint and will write from place.step on again: drops its lines of this iteration with
  // that step or a later one. Error (kind data) naming the line where the file holds anything but such lines.
  void resume_at(const MetricsPlace& place);

 private:
  void open();

  std::filesystem::path path_;
  FileDescriptor file_;
};

}  // namespace reverie
