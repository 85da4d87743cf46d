#include "experiments/metrics.h"

#include <fcntl.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "env/error.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

bool is_from(const Json& line, const MetricsPlace& place) {
  return line.at("stage").get<std::string>() == place.stage && line.at("iteration").get<int>() == place.iteration &&
         line.at("step").get<std::int64_t>() >= place.step;
}

}  // namespace

Metrics::Metrics(const std::filesystem::path& path) : path_(path) {
  if (std::filesystem::exists(path_)) {
    std::string text = read_file(path_);
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
  for (const auto& [name, value] : values) {
    line[name] = value;
  }
  write_all(file_, path_, std::as_bytes(std::span<const char>(line.dump() + "\n")));
}

void Metrics::resume_at(const MetricsPlace& place) {
  const std::string text = read_file(path_);
  std::string kept;
  int line_number = 1;
  for (std::size_t start = 0; start < text.size(); ++line_number) {
    const std::size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    try {
      if (!is_from(Json::parse(line), place)) {
        kept += line + "\n";
      }
    } catch (const Json::exception&) {
      throw Error(ErrorKind::data,
                  str(path_.string(), ":", line_number, ": expected a JSON object with stage, iteration and step"));
    }
    start = end == std::string::npos ? text.size() : end + 1;
  }
  if (kept.size() != text.size()) {
    write_file_atomically(path_, kept);
    open();  // the old file has no name any more
  }
}

}  // namespace reverie
