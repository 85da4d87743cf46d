// Finds event files and reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/tensorboard/event.h"

namespace reverie {

struct ReadEvent : Event {
  std::uint64_t end = 0;  // where its record ends in the file, bytes
};

// All events of a file. A last record is left out if it was cut short, as by a kill, or if it
// ends in zero bytes, as after a power cut. Error (kind data)
// naming the file and the byte where a record is damaged.
std::vector<ReadEvent> read_events(const std::filesystem::path& path);

// The event files of that name in the folder, oldest first; of every name where it is empty.
std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder, const std::string& name = "");

// A file is called events.out.tfevents.SECONDS.NAME: its SECONDS, of any name where `name` is empty; none where the
// file is not called so.
std::optional<std::int64_t> event_file_seconds(const std::string& file, const std::string& name);
std::filesystem::path event_file_path(const std::filesystem::path& folder, std::int64_t seconds,
                                      const std::string& name);

}  // namespace reverie
