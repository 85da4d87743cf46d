// TensorBoard's event files: what a run logs, for `tensorboard --logdir`. Written and read without protobuf.
//
// A file is a row of records (event_record.h), each an event (event_encoding.h); the first one names the version.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "env/atomic_file.h"
#include "experiments/tensorboard/event.h"
#include "experiments/tensorboard/event_reader.h"

namespace reverie {

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

// Writes one event at step 0 and removes all earlier files of that name. If they hold just that event, nothing is
// written.
void replace_events(const std::filesystem::path& folder, const std::string& name,
                    const std::vector<EventValue>& values);

// Goes back: drops the events that are `steps` or more after their file's first_step, and records that were cut short.
void cut_events(const std::filesystem::path& folder, const std::string& name, std::int64_t steps);

// Adds to every step of the files of that name, and puts them in order behind `before`, for TensorBoard forgets later
// steps that it read earlier. The last of them, or `before` where there is none.
std::filesystem::path shift_events(const std::filesystem::path& folder, const std::string& name, std::int64_t steps,
                                   const std::filesystem::path& before);

}  // namespace reverie
