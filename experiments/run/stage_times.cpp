#include "experiments/run/stage_times.h"

#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/run/progress.h"
#include "experiments/run/run_directory.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

// The times read so far; empty, with a warning, if the file is damaged, which must not stop the run.
Json read_times(const std::filesystem::path& path) {
  try {
    return std::filesystem::exists(path) ? read_json(path) : Json::object();
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return Json::object();
  }
}

}  // namespace

StageTimer::StageTimer(std::filesystem::path times, std::string stage, int iteration)
    : times_(std::move(times)), stage_(std::move(stage)), iteration_(iteration), start_(steady_seconds()) {}

StageTimer::~StageTimer() {
  try {
    const double seconds = steady_seconds() - start_;
    Json json = read_times(times_);
    Json& iterations = json[stage_];
    if (!iterations.is_array()) {
      iterations = Json::array();
    }
    while (iterations.size() <= static_cast<std::size_t>(iteration_)) {
      iterations.push_back(0.0);
    }
    Json& mine = iterations[static_cast<std::size_t>(iteration_)];
    mine = std::round(10.0 * ((mine.is_number() ? mine.get<double>() : 0.0) + seconds)) / 10.0;
    write_json(times_, json);
  } catch (const std::exception& error) {
    std::cerr << "cannot save the stage's time: " << error.what() << "\n";
  }
}

std::vector<std::pair<std::string, double>> stage_seconds(const std::filesystem::path& times) {
  std::vector<std::pair<std::string, double>> stages;
  const Json json = read_times(times);
  for (const auto& [stage, iterations] : json.items()) {
    double sum = 0.0;
    for (const auto& seconds : iterations) {
      sum += seconds.is_number() ? seconds.get<double>() : 0.0;
    }
    stages.emplace_back(stage, sum);
  }
  return stages;
}

std::string time_table(const std::filesystem::path& times) {
  const std::vector<std::pair<std::string, double>> rows = stage_seconds(times);
  double total = 0.0;
  for (const auto& [stage, seconds] : rows) {
    total += seconds;
  }
  std::string table;
  const auto line = [&](const std::string& name, double seconds) {
    char text[96];
    std::snprintf(text, sizeof text, "  %-24s %8.0f s %5.1f %%\n", name.c_str(), seconds, 100.0 * seconds / total);
    table += text;
  };
  for (const auto& [stage, seconds] : rows) {
    if (total > 0.0) {
      line(stage, seconds);
    }
  }
  if (!table.empty()) {
    line("together", total);
  }
  return table;
}

}  // namespace reverie
