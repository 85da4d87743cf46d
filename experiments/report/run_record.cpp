#include "experiments/report/run_record.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/config/config.h"
#include "experiments/run/origin.h"
#include "experiments/run/run_directory.h"
#include "experiments/run/stage_times.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

void read_scores(RunRecord& run, const fs::path& summary) {
  if (!fs::exists(summary)) {
    return;
  }
  const Json json = read_json(summary);
  try {
    for (const auto& [name, row] : json.at("returns").items()) {
      if (row.at("mean").is_number()) {  // null: not finite
        run.scores.emplace_back(
            name, RunScore{row.at("mean").get<double>(), row.at("std").get<double>(), row.at("episodes").get<int>()});
      }
    }
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, str(summary.string(), ": expected returns with mean, std and episodes"));
  }
}

std::optional<double> number_in(const RunRecord& run, const std::string& key) {
  const std::string text = run.setting(key);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

void count_steps(RunRecord& run) {
  const auto sum = [&](const char* stage, const char* name) {
    std::optional<double> total;
    if (run.curves.count(stage) > 0 && run.curves.at(stage).count(name) > 0) {
      for (const double value : run.curves.at(stage).at(name).value) {
        total = total.value_or(0.0) + (std::isfinite(value) ? value : 0.0);
      }
    }
    return total;
  };
  run.recorded_steps = sum("collect", "steps");
  const auto lengths = sum("train-controller", "mean_length");
  const auto population = number_in(run, "train_controller.cma_es.population_size");
  const auto episodes = number_in(run, "train_controller.episodes");
  if (lengths && episodes && population.value_or(0.0) > 0.0) {  // 0: chosen by CMA-ES itself
    run.controller_steps = *lengths * *population * *episodes;
  }
}

// The last `parts` names of a path.
std::string tail(const fs::path& path, int parts) {
  fs::path end;
  fs::path rest = path;
  for (int i = 0; i < parts && !rest.filename().empty(); ++i, rest = rest.parent_path()) {
    end = end.empty() ? rest.filename() : rest.filename() / end;
  }
  return end.string();
}

void name_runs(std::vector<RunRecord>& runs) {
  const auto clean = [](const RunRecord& run) { return fs::weakly_canonical(run.folder); };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    int parts = 1;
    for (std::size_t j = 0; j < runs.size(); ++j) {
      if (i != j && clean(runs[i]) == clean(runs[j])) {
        throw Error(ErrorKind::config, str(runs[i].folder.string(), ": this run was given twice"));
      }
      while (i != j && tail(clean(runs[i]), parts) == tail(clean(runs[j]), parts)) {
        ++parts;
      }
    }
    runs[i].name = tail(clean(runs[i]), parts);
  }
}

}  // namespace

std::string RunRecord::setting(const std::string& key) const {
  const auto found = config.find(key);
  return found == config.end() ? "–" : found->second;
}

std::vector<RunRecord> read_runs(const std::vector<fs::path>& folders) {
  std::vector<RunRecord> runs;
  for (const fs::path& folder : folders) {
    const RunDirectory directory = RunDirectory::open(folder);
    RunRecord run;
    run.folder = folder;
    run.config = flat_config(directory.config().string(), complete_config_text(directory.config()));
    if (const std::optional<Origin> origin = read_origin(directory.origin())) {
      run.origin = origin->words();
      run.config["from"] = run.origin + " " + origin->identity();  // runs with other data are no seeds of each other
    }
    run.model_kind = run.config.at("model.kind");
    run.curves = read_learning_curves(directory.metrics());
    read_scores(run, directory.summary());
    const std::vector<std::string> starts = session_starts(folder / "run.json");
    run.started = starts.empty() ? "" : starts.front();
    for (const auto& [stage, seconds] : stage_seconds(directory.times())) {
      run.seconds[stage] = seconds;
    }
    count_steps(run);
    runs.push_back(std::move(run));
  }
  name_runs(runs);
  return runs;
}

}  // namespace reverie
