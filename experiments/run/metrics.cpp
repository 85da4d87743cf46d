#include "experiments/run/metrics.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "env/error.h"
#include "experiments/run/png.h"
#include "experiments/run/run_directory.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

MetricsPlace place_of(const Json& line) {
  return {line.at("stage").get<std::string>(), line.at("iteration").get<int>(), line.at("step").get<std::int64_t>()};
}

// The whole lines of the file, without their ends, and where each was measured.
void for_each_line(const std::filesystem::path& path,
                   const std::function<void(const std::string& line, const MetricsPlace& place)>& take) {
  const std::string text = read_file(path, kMaxMetricsSize);
  int line_number = 1;
  for (std::size_t start = 0; start < text.size(); ++line_number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    MetricsPlace place;
    try {
      place = place_of(Json::parse(line));
    } catch (const Json::exception&) {
      throw Error(ErrorKind::data,
                  str(path.string(), ":", line_number, ": expected a JSON object with stage, iteration and step"));
    }
    take(line, place);
    start = end + 1;
  }
}

// Each iteration of a stage has files of its own, so that going back cuts no others.
std::string events_name(const MetricsPlace& place) {
  char iteration[16];
  std::snprintf(iteration, sizeof iteration, "-%02d", place.iteration);
  return place.stage + iteration;
}

std::string tag(const MetricsPlace& place, const std::string& name) {
  return place.stage + "/" + name;
}

EventValue histogram_value(std::string tag, EventHistogram histogram) {
  EventValue value;
  value.tag = std::move(tag);
  value.histogram = std::move(histogram);
  return value;
}

}  // namespace

Metrics::Metrics(const std::filesystem::path& path) : path_(path) {
  if (std::filesystem::exists(path_)) {
    std::string text = read_file(path_, kMaxMetricsSize);
    const std::size_t whole = text.find_last_of('\n') + 1;  // npos + 1 is 0
    if (whole != text.size()) {
      write_file_atomically(path_, text.substr(0, whole));
    }
  }
  open();
}

void Metrics::open() {
  file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file_.get() < 0) {
    throw Error(ErrorKind::other, str(path_.string(), ": cannot be written: ", std::generic_category().message(errno)));
  }
}

void Metrics::write(const MetricsPlace& place, const Measurements& values) {
  Json line = {{"stage", place.stage}, {"iteration", place.iteration}, {"step", place.step}};
  std::vector<EventValue> scalars;
  for (const auto& [name, value] : values) {
    line[name] = value;
    scalars.push_back(scalar_value(tag(place, name), value));
  }
  write_all(file_, path_, std::as_bytes(std::span<const char>(line.dump() + "\n")));
  if (!scalars.empty()) {
    write_event(place, std::move(scalars));
  }
}

bool Metrics::holds(const MetricsPlace& wanted) const {
  bool found = false;
  for_each_line(path_, [&](const std::string&, const MetricsPlace& place) {
    found = found || (place.stage == wanted.stage && place.iteration == wanted.iteration && place.step == wanted.step);
  });
  return found;
}

void Metrics::image(const MetricsPlace& place, const std::string& name, int height, int width,
                    std::span<const std::uint8_t> rgb) {
  const std::vector<std::byte> png = encode_png(height, width, rgb);
  EventValue value;
  value.tag = tag(place, name);
  value.image = {height, width, std::string(reinterpret_cast<const char*>(png.data()), png.size())};
  write_event(place, {value});
}

void Metrics::histogram(const MetricsPlace& place, const std::string& name, std::span<const float> values) {
  write_event(place, {histogram_value(tag(place, name), make_histogram(values))});
}

void Metrics::histogram(const MetricsPlace& place, const std::string& name, std::span<const double> values) {
  write_event(place, {histogram_value(tag(place, name), make_histogram(values))});
}

// An iteration counts for one step at least: what is measured once has step 0 each time.
Metrics::OpenEvents Metrics::open_events(const MetricsPlace& here) const {
  std::map<int, std::int64_t> last_steps;  // of each iteration of the stage
  for_each_line(path_, [&](const std::string&, const MetricsPlace& place) {
    if (place.stage == here.stage) {
      std::int64_t& last = last_steps.try_emplace(place.iteration, 1).first->second;
      last = std::max(last, place.step);
    }
  });
  std::int64_t first_step = 0;
  std::vector<std::string> later;
  for (const auto& [iteration, last] : last_steps) {
    if (iteration < here.iteration) {
      first_step += last;
    } else if (iteration > here.iteration) {
      later.push_back(events_name({here.stage, iteration}));
    }
  }
  std::int64_t next_step = std::numeric_limits<std::int64_t>::max();
  for (const std::string& name : later) {
    for (const std::filesystem::path& path : event_files(events(), name)) {
      const std::vector<ReadEvent> events = read_events(path);
      next_step = events.empty() ? next_step : std::min(next_step, events.front().step);
    }
  }
  make_folder(events());
  return {first_step, next_step, later, EventFile(events(), events_name(here), first_step)};
}

void Metrics::write_event(const MetricsPlace& place, std::vector<EventValue> values) {
  auto found = open_events_.find(events_name(place));
  if (found == open_events_.end()) {
    found = open_events_.emplace(events_name(place), open_events(place)).first;
  }
  OpenEvents& open = found->second;
  const std::int64_t step = open.first_step + place.step;
  if (step > open.next_step) {  // this iteration grew after the next one was written: that one's steps are shifted
    std::filesystem::path last = open.file.path();
    for (const std::string& name : open.later) {
      last = shift_events(events(), name, step - open.next_step, last);
    }
    open.next_step = step;
  }
  open.file.write(step, std::move(values));
}

void Metrics::resume_at(const MetricsPlace& place) {
  std::string kept;
  for_each_line(path_, [&](const std::string& line, const MetricsPlace& other) {
    if (other.stage != place.stage || other.iteration != place.iteration || other.step < place.step) {
      kept += line + "\n";
    }
  });
  if (kept.size() != std::filesystem::file_size(path_)) {
    write_file_atomically(path_, kept);
    open();  // the open file was replaced
  }
  open_events_.erase(events_name(place));
  cut_events(events(), events_name(place), place.step);
}

void log_config(const RunDirectory& run, const std::string& text) {
  make_folder(run.folder() / "events");
  replace_events(
      run.folder() / "events", "config",
      {text_value("config", str("```\n", text, "```\n")), settings_value(flat_config(run.config().string(), text))});
}

void log_closing_table(const RunDirectory& run, const std::vector<ClosingScore>& scores) {
  std::vector<EventValue> values;
  std::string table = "| return | mean | std | standard error | episodes |\n| --- | --- | --- | --- | --- |\n";
  for (const ClosingScore& score : scores) {
    values.push_back(scalar_value("closing/" + score.name, score.mean));
    table += str("| ", score.name, " | ", score.mean, " | ", score.deviation, " | ", score.standard_error, " | ",
                 score.episodes, " |\n");
  }
  values.push_back(text_value("closing/table", table));
  make_folder(run.folder() / "events");
  replace_events(run.folder() / "events", "closing", values);
}

}  // namespace reverie
