#include "experiments/tensorboard/event_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "env/error.h"
#include "experiments/tensorboard/event_encoding.h"
#include "experiments/tensorboard/event_record.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

EventFile::EventFile(const fs::path& folder, const std::string& name, std::int64_t first_step)
    : last_step_(first_step) {
  auto seconds = static_cast<std::int64_t>(now());
  for (const fs::path& other : event_files(folder, name)) {
    seconds = std::max(seconds, *event_file_seconds(other.filename().string(), name) + 1);
  }
  path_ = event_file_path(folder, seconds, name);
  file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
  if (file_.get() < 0) {
    throw Error(ErrorKind::other, str(path_.string(), ": cannot be written: ", std::generic_category().message(errno)));
  }
  Event version;
  version.wall_time = now();
  version.step = first_step;
  version.file_version = kEventFileVersion;
  write_all(file_, path_, std::as_bytes(std::span<const char>(make_record(encode_event(version)))));
}

void EventFile::write(std::int64_t step, std::vector<EventValue> values) {
  REVERIE_CHECK(step, >=, last_step_);
  last_step_ = step;
  Event event;
  event.wall_time = now();
  event.step = step;
  event.values = std::move(values);
  write_all(file_, path_, std::as_bytes(std::span<const char>(make_record(encode_event(event)))));
}

void replace_events(const fs::path& folder, const std::string& name, const std::vector<EventValue>& values) {
  const auto bytes = [](const std::vector<EventValue>& of) {
    Event event;
    event.values = of;
    return encode_event(event);
  };
  const std::vector<fs::path> before = event_files(folder, name);
  if (before.size() == 1) {
    const std::vector<ReadEvent> events = read_events(before[0]);
    if (events.size() == 2 && bytes(events[1].values) == bytes(values)) {
      return;
    }
  }
  EventFile(folder, name, 0).write(0, values);
  for (const fs::path& path : before) {
    fs::remove(path);
  }
}

void cut_events(const fs::path& folder, const std::string& name, std::int64_t steps) {
  for (const fs::path& path : event_files(folder, name)) {
    const std::vector<ReadEvent> events = read_events(path);
    std::size_t kept = 0;  // steps do not fall, so what goes is the end of the file
    while (kept < events.size() && (kept == 0 || events[kept].step < events[0].step + steps)) {
      ++kept;
    }
    if (kept <= 1) {  // nothing but the version
      fs::remove(path);
    } else if (events[kept - 1].end != fs::file_size(path)) {
      write_file_atomically(path, read_file(path).substr(0, events[kept - 1].end));
    }
  }
}

fs::path shift_events(const fs::path& folder, const std::string& name, std::int64_t steps, const fs::path& before) {
  fs::path last = before;
  for (fs::path path : event_files(folder, name)) {
    const std::int64_t next = *event_file_seconds(last.filename().string(), "") + 1;
    if (*event_file_seconds(path.filename().string(), name) < next) {
      const fs::path later = event_file_path(folder, next, name);
      fs::rename(path, later);
      path = later;
    }
    std::string text;
    for (ReadEvent& event : read_events(path)) {
      event.step += steps;
      text += make_record(encode_event(event));
    }
    write_file_atomically(path, text);
    last = path;
  }
  return last;
}

}  // namespace reverie
