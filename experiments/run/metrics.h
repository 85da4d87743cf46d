// metrics.jsonl: one line of JSON per measurement, of all stages of a run. The same numbers go to TensorBoard's event
// files in events/ beside it, with pictures and histograms: tags "STAGE/NAME", and a step that grows from iteration to
// iteration. The config and the closing table are there, too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "env/atomic_file.h"
#include "env/measurements.h"
#include "experiments/run/run_directory.h"
#include "experiments/tensorboard/event_file.h"

namespace reverie {

// Where in a run a measurement was made. A step is whatever the stage counts: batches, generations, episodes.
struct MetricsPlace {
  std::string stage;
  int iteration = 0;
  std::int64_t step = 0;
};

class Metrics {
 public:
  // Opens or creates the file. A last line that was cut short when its writer was killed is dropped.
  explicit Metrics(const std::filesystem::path& path);

  // Adds a line at once: {"stage":..., "iteration":..., "step":..., then the values in their order}.
  void write(const MetricsPlace& place, const Measurements& values);

  // Whether that stage measured at that step of that iteration.
  bool holds(const MetricsPlace& place) const;

  // For TensorBoard alone. rgb: [height, width, 3], row 0 on top.
  void image(const MetricsPlace& place, const std::string& name, int height, int width,
             std::span<const std::uint8_t> rgb);
  void histogram(const MetricsPlace& place, const std::string& name, std::span<const float> values);
  void histogram(const MetricsPlace& place, const std::string& name, std::span<const double> values);

  // A stage goes on from a checkpoint and will write from place.step on again: drops its lines of this iteration with
  // that step or a later one, and its events. Error (kind data) naming the line where the file holds anything but such
  // lines, or the event file that is damaged.
  void resume_at(const MetricsPlace& place);

 private:
  struct OpenEvents {
    std::int64_t first_step = 0;     // what the stage counted in earlier iterations
    std::int64_t next_step = 0;      // where its next iteration begins, if there is one already
    std::vector<std::string> later;  // the event files of those
    EventFile file;
  };

  void open();
  std::filesystem::path events() const { return path_.parent_path() / "events"; }
  OpenEvents open_events(const MetricsPlace& place) const;
  void write_event(const MetricsPlace& place, std::vector<EventValue> values);

  std::filesystem::path path_;
  FileDescriptor file_;
  std::map<std::string, OpenEvents> open_events_;  // by stage and iteration
};

// For TensorBoard alone: a run's config, as a text and as settings that its tab HPARAMS compares runs by. Writes
// nothing where it is there already.
void log_config(const RunDirectory& run, const std::string& text);
// A score of the closing table.
struct ClosingScore {
  std::string name;
  double mean = 0, deviation = 0, standard_error = 0;
  int episodes = 0;
};
// As scalars "closing/NAME", the means, and as a text with the whole table.
void log_closing_table(const RunDirectory& run, const std::vector<ClosingScore>& scores);

}  // namespace reverie
