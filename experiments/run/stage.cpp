#include "experiments/run/stage.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "experiments/config/config_writer.h"
#include "experiments/run/digest.h"
#include "experiments/run/stage_times.h"

namespace reverie {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTakenKey = "taken_from";

std::filesystem::path marker_path(const Stage& stage, const Experiment& experiment, int iteration) {
  return experiment.run.iteration(iteration) / (stage.name + ".done.json");
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of what differs from the defaults of this game and world model, so that a key that a later version adds changes
// nothing.
std::string config_digest(const Stage& stage, const ExperimentConfig& config) {
  const std::map<std::string, std::string> defaults = flat_config("defaults", print_config(defaults_of(config)));
  std::string text;
  const std::vector<std::string> growing = growing_keys(config);
  for (const auto& [key, value] : flat_config("config", print_config(config))) {
    const std::string section = key.substr(0, key.find('.'));
    const bool matters = section == "seed" || section == "precision" || contains(stage.sections, section);
    const auto usual = defaults.find(key);
    if (matters && !contains(growing, key) && !contains(free_keys(), key) &&
        (usual == defaults.end() || usual->second != value)) {
      text += key + "=" + value + "\n";
    }
  }
  return digest_of(text);
}

Json marker(const Stage& stage, const Experiment& experiment, int iteration) {
  return {{"inputs", stage.inputs(experiment, iteration)},
          {"config", config_digest(stage, experiment.config)},
          {"amount", stage.amount(experiment.config.at(iteration))}};
}

Json read_marker(const std::filesystem::path& path) {
  return Json::parse(read_file(path, 1 << 20), nullptr, false);
}

}  // namespace

bool is_done(const Stage& stage, const Experiment& experiment, int iteration) {
  const std::filesystem::path path = marker_path(stage, experiment, iteration);
  const auto is_there = [](const std::filesystem::path& file) { return std::filesystem::exists(file); };
  const std::vector<std::filesystem::path> outputs =
      stage.outputs(experiment, experiment.config.at(iteration), iteration);
  if (!is_there(path) || !std::all_of(outputs.begin(), outputs.end(), is_there)) {
    return false;
  }
  const Json found = read_marker(path);
  if (found.is_object() && found.contains(kTakenKey)) {
    return true;
  }
  const Json wanted = marker(stage, experiment, iteration);
  return found.is_object() && found.value("inputs", Json()) == wanted["inputs"] &&
         found.value("config", Json()) == wanted["config"] && found.value("amount", Json()).is_number_integer() &&
         found["amount"] >= wanted["amount"];
}

bool fits_inputs(const Stage& stage, const Experiment& experiment, int iteration) {
  const std::filesystem::path path = marker_path(stage, experiment, iteration);
  if (!std::filesystem::exists(path)) {
    return false;
  }
  const Json found = read_marker(path);
  return found.is_object() &&
         (found.contains(kTakenKey) || found.value("inputs", Json()) == Json(stage.inputs(experiment, iteration)));
}

void mark_taken(const Stage& stage, const Experiment& experiment, const Origin& origin) {
  write_json(marker_path(stage, experiment, 0), {{kTakenKey, origin.run.string()}, {"iteration", origin.iteration}});
}

void run_stage(const Stage& stage, Experiment& experiment, int iteration) {
  if (is_done(stage, experiment, iteration)) {
    return;
  }
  {
    const StageTimer timer(experiment.run.times(), stage.name, iteration);
    stage.run(experiment, experiment.config.at(iteration), iteration);
  }
  write_json(marker_path(stage, experiment, iteration), marker(stage, experiment, iteration));
}

}  // namespace reverie
