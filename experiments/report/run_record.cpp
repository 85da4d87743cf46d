#include "experiments/report/run_record.h"

#include <nlohmann/json.hpp>
#include <numeric>

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

// "seeds 1000000 to 1000099, bfloat16, batches of 16, Intel(R) Xeon(R)", of a summary.json; what it lacks is left out.
std::string played_words(const Json& summary) {
  std::string words;
  const auto add = [&words](const std::string& more) { words += (words.empty() ? "" : ", ") + more; };
  const Json none = Json::object();
  const Json subject = summary.value("subject", none), with = summary.value("played_with", none);
  if (subject.contains("seed") && subject.contains("episodes")) {
    const auto seed = subject.at("seed").get<std::uint64_t>();
    add(str("seeds ", seed, " to ", seed + subject.at("episodes").get<std::uint64_t>() - 1));
  }
  if (subject.contains("precision")) {
    add(subject.at("precision").get<std::string>());
  }
  if (with.contains("batch_size")) {
    add(str("batches of ", with.at("batch_size").get<int>()));
  }
  if (with.contains("processor")) {
    add(with.at("processor").get<std::string>());
  }
  if (summary.contains("exported")) {
    add(summary.at("exported").get<std::string>());
  }
  return words;
}

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
    run.played = played_words(json);
  } catch (const Json::exception&) {
    throw Error(ErrorKind::data, str(summary.string(), ": expected returns with mean, std and episodes"));
  }
}

// Steps in which C learnt in a generation of that iteration; mean_length: of its episodes.
double learning_steps(const ExperimentConfig& config, int iteration, double mean_length) {
  const TrainControllerConfig training = config.at(iteration).train_controller;
  if (training.method == TrainMethod::policy_gradient) {
    const PpoConfig& ppo = training.policy_gradient;
    return static_cast<double>(ppo.updates) * ppo.steps * training.batch_size * ppo.shards;
  }
  if (training.method == TrainMethod::imagination) {
    const ImaginationConfig& c = training.imagination;
    return static_cast<double>(c.updates) * c.horizon * training.batch_size * c.shards;
  }
  const std::size_t actions = make_game_factory(config.game)()->spec().action_low.size();
  const int parameters =
      Controller::num_parameters(config.controller, config.model.config->feature_size(), static_cast<int>(actions));
  return mean_length * training.episodes * population_size(training.cma_es, parameters);
}

void count_steps(RunRecord& run, const ExperimentConfig& config) {
  const auto curve = [&](const char* stage, const char* name) -> const LearningCurve* {
    const auto found = run.curves.find(stage);
    const bool measured = found != run.curves.end() && found->second.count(name) > 0;
    return measured ? &found->second.at(name) : nullptr;
  };
  if (const LearningCurve* const recorded = curve("collect", "steps")) {
    run.recorded_steps = std::accumulate(recorded->value.begin(), recorded->value.end(), 0.0);
  }
  if (const LearningCurve* const lengths = curve("train-controller", "mean_length")) {
    run.controller_steps = 0.0;
    for (std::size_t i = 0; i < lengths->value.size(); ++i) {
      *run.controller_steps += learning_steps(config, lengths->iteration[i], lengths->value[i]);
    }
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
    count_steps(run, read_experiment(directory.config()));
    runs.push_back(std::move(run));
  }
  name_runs(runs);
  return runs;
}

}  // namespace reverie
