#include "experiments/tensorboard/event_reader.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/tensorboard/event_encoding.h"
#include "experiments/tensorboard/event_record.h"
#include "experiments/tensorboard/protobuf.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events.out.tfevents.";

}  // namespace

std::vector<ReadEvent> read_events(const fs::path& path) {
  constexpr std::size_t kSum = 4, kHead = 8 + kSum;
  const std::string text = read_file(path);
  const auto damaged = [&](std::size_t at, const char* what) {
    return Error(ErrorKind::data, str(path.string(), ": the record at byte ", at, " is damaged: ", what));
  };
  // After a power cut, what was not yet on the disk is zero bytes.
  const std::size_t written = text.find_last_not_of('\0') + 1;  // npos + 1 is 0
  std::vector<ReadEvent> events;
  for (std::string_view rest = text; rest.size() >= kHead;) {
    const std::size_t at = text.size() - rest.size();
    const auto length = take_raw<std::uint64_t>(rest);
    if (take_raw<std::uint32_t>(rest.substr(8)) != masked_crc32c(rest.substr(0, 8))) {
      if (at + kHead > written) {
        break;
      }
      throw damaged(at, "its length does not match its checksum");
    }
    if (length > rest.size() - kHead || rest.size() - kHead - length < kSum) {
      break;  // cut short
    }
    const std::string_view bytes = rest.substr(kHead, length);
    if (take_raw<std::uint32_t>(rest.substr(kHead + length)) != masked_crc32c(bytes)) {
      if (at + kHead + length + kSum > written) {
        break;
      }
      throw damaged(at, "its bytes do not match their checksum");
    }
    std::optional<Event> event = decode_event(bytes);
    if (!event) {
      throw damaged(at, "it is not an event");
    }
    rest.remove_prefix(kHead + length + kSum);
    events.push_back({std::move(*event), text.size() - rest.size()});
  }
  if (!events.empty() && events.front().file_version != kEventFileVersion) {
    throw Error(ErrorKind::data, str(path.string(), ": expected an event file of version ", kEventFileVersion,
                                     ", found '", events.front().file_version, "'"));
  }
  return events;
}

std::vector<fs::path> event_files(const fs::path& folder, const std::string& name) {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    if (const auto seconds = event_file_seconds(file->path().filename().string(), name)) {
      found.emplace_back(*seconds, file->path());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> paths;
  for (const auto& [seconds, path] : found) {
    paths.push_back(path);
  }
  return paths;
}

std::optional<std::int64_t> event_file_seconds(const std::string& file, const std::string& name) {
  std::int64_t seconds = 0;
  if (!file.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(file.data() + kPrefix.size(), file.data() + file.size(), seconds);
  const std::string_view rest(stop, file.data() + file.size());
  const bool fits = error == std::errc{} && rest.starts_with('.') && (name.empty() || rest.substr(1) == name);
  return fits ? std::optional(seconds) : std::nullopt;
}

fs::path event_file_path(const fs::path& folder, std::int64_t seconds, const std::string& name) {
  return folder / str(kPrefix, seconds, ".", name);
}

}  // namespace reverie
