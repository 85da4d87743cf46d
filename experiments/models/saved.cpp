#include "experiments/models/saved.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/controller.h"
#include "agent/make_policy.h"
#include "env/error.h"
#include "experiments/models/words.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {
namespace {

constexpr const char* kPolicyKey = "policy";  // metadata: the kind; a controller where it is missing

std::string made_with(const Experiment& experiment, const std::filesystem::path& path, const char* kind) {
  return take_metadata(read_tensor_metadata(path, kind), path, family_of(experiment.config).identity_key());
}

void check_made_with(const Experiment& experiment, const std::filesystem::path& path, const char* kind, int iteration) {
  if (made_with(experiment, path, kind) != model_identity(experiment, iteration)) {
    throw Error(ErrorKind::data, str(path.string(),
                                     ": was made with another world model than the one beside it: run "
                                     "`reverie train-controller`"));
  }
}

// What choose_controller left; the newest where it has not chosen among these.
int chosen_generation(const std::filesystem::path& path, const std::vector<int>& saved) {
  if (saved.empty()) {
    return -1;
  }
  if (!std::filesystem::exists(path)) {
    return saved.back();
  }
  const auto json = read_json(path);
  if (!json.contains("generation") || !json["generation"].is_number_integer()) {
    throw Error(ErrorKind::data, str(path.string(), ": expected the number of a generation, found none"));
  }
  const int chosen = json["generation"].get<int>();
  return std::find(saved.begin(), saved.end(), chosen) == saved.end() ? saved.back() : chosen;
}

}  // namespace

bool has_model(const Experiment& experiment, int iteration) {
  const std::vector<WeightFile> files =
      family_of(experiment.config).weights(experiment.config, experiment.run, iteration);
  return std::all_of(files.begin(), files.end(),
                     [](const WeightFile& file) { return std::filesystem::exists(file.path); });
}

std::unique_ptr<WorldModel> load_world_model(const Experiment& experiment, int iteration) {
  return paying_as_configured(experiment, iteration, family_of(experiment.config).load(experiment, iteration));
}

std::unique_ptr<WorldModel> load_world_model(const Experiment& experiment, const ModelSource& source) {
  const ModelFamily& family = family_of(experiment.config);
  return paying_as_configured(
      experiment, source.iteration,
      source.untrained ? family.untrained(experiment, source.iteration) : family.load(experiment, source.iteration));
}

std::vector<std::filesystem::path> files_of(const Experiment& experiment, const ModelSource& source) {
  std::vector<std::filesystem::path> files;
  for (const WeightFile& file :
       family_of(experiment.config).weights(experiment.config, experiment.run, source.iteration)) {
    files.push_back(file.path);
  }
  if (experiment.config.dream.reward == DreamReward::words) {
    files.push_back(words_path(experiment.run, source.iteration));
  }
  return files;
}

void put_source(MessageWriter& message, const ModelSource& source) {
  message.put(source.iteration);
  message.put(source.untrained);
}

ModelSource take_source(MessageReader& message) {
  ModelSource source;
  source.iteration = message.take<int>();
  source.untrained = message.take<bool>();
  return source;
}

std::string model_identity(const Experiment& experiment, int iteration) {
  const WeightFile last = family_of(experiment.config).weights(experiment.config, experiment.run, iteration).back();
  return file_identity(last.path, last.kind, last.command);
}

int num_controller_parameters(const Experiment& experiment) {
  return Controller::num_parameters(experiment.config.controller, experiment.config.model.config->feature_size(),
                                    experiment.action_size());
}

int best_generation(const Experiment& experiment, int iteration) {
  return chosen_generation(experiment.run.chosen(iteration), experiment.run.generations(iteration));
}

SavedController load_controller(const Experiment& experiment, int iteration, int generation) {
  const RunDirectory& run = experiment.run;
  const std::vector<int> saved = run.generations(iteration);
  if (saved.empty() || (generation >= 0 && std::find(saved.begin(), saved.end(), generation) == saved.end())) {
    throw Error(ErrorKind::data,
                str(run.controller(iteration).string(), ": expected ",
                    generation < 0 ? std::string("a controller") : str("generation ", generation), ", found ",
                    saved.empty() ? std::string("none") : str("generations ", saved.front(), " to ", saved.back()),
                    ": run `reverie train-controller` first"));
  }
  const int wanted = generation < 0 ? chosen_generation(run.chosen(iteration), saved) : generation;
  const std::filesystem::path path = run.generation(iteration, wanted);
  const TensorFile file = read_tensor_file(path, kControllerKind);
  check_made_with(experiment, path, kControllerKind, iteration);
  SavedController controller;
  controller.generation = wanted;
  controller.policy.model = model_identity(experiment, iteration);
  if (file.metadata.count(kPolicyKey) > 0) {
    controller.policy.kind = file.metadata.at(kPolicyKey);
    find_policy_kind(controller.policy.kind);  // throws here, while the caller still has what it loaded before
  }
  if (controller.policy.kind == "controller") {
    take_tensor(file, path, "parameters", torch::kFloat64, {num_controller_parameters(experiment)});
  }
  for (const auto& [name, tensor] : file.tensors) {
    check_finite(tensor, path, name);
    const torch::Tensor values = tensor.to(torch::kFloat64).contiguous();
    controller.policy.tensors[name] = {tensor.sizes().vec(),
                                       {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()}};
  }
  return controller;
}

void save_controller(const Experiment& experiment, int iteration, const SavedController& controller) {
  TensorFile file;
  for (const auto& [name, tensor] : controller.policy.tensors) {
    file.tensors[name] = torch::tensor(tensor.values, torch::kFloat64).reshape(tensor.shape);
  }
  file.metadata[family_of(experiment.config).identity_key()] = model_identity(experiment, iteration);
  file.metadata[kPolicyKey] = controller.policy.kind;
  check_finite(file.tensors, str("train-controller: the controller of generation ", controller.generation));
  write_tensor_file(experiment.run.generation(iteration, controller.generation), kControllerKind, file);
}

std::vector<SavedController> load_controllers(const Experiment& experiment, int iteration, int count) {
  std::vector<int> saved = experiment.run.generations(iteration);
  std::reverse(saved.begin(), saved.end());
  saved.resize(std::min(saved.size(), static_cast<std::size_t>(count)));
  std::vector<SavedController> controllers;
  for (const int generation : saved) {
    controllers.push_back(load_controller(experiment, iteration, generation));
  }
  if (controllers.empty()) {
    load_controller(experiment, iteration, -1);  // says what is missing
  }
  return controllers;
}

void save_start_states(const Experiment& experiment, int iteration, const StartStates& train,
                       const StartStates& held_out) {
  TensorFile file;
  file.metadata[family_of(experiment.config).identity_key()] = model_identity(experiment, iteration);
  put_start_states(file, "train.", train);
  put_start_states(file, "held_out.", held_out);
  check_finite(file.tensors, str("train-controller: start states of iteration ", iteration, " in half precision"));
  write_tensor_file(experiment.run.start_states(iteration), kStartStatesKind, file);
}

StartStates load_start_states(const Experiment& experiment, const WorldModel& model, int iteration, StartSet set) {
  const std::filesystem::path path = experiment.run.start_states(iteration);
  check_made_with(experiment, path, kStartStatesKind, iteration);
  return take_start_states(read_tensor_file(path, kStartStatesKind), path,
                           set == StartSet::train ? "train." : "held_out.", model);
}

bool has_start_states(const Experiment& experiment, int iteration) {
  const std::filesystem::path path = experiment.run.start_states(iteration);
  return std::filesystem::exists(path) &&
         made_with(experiment, path, kStartStatesKind) == model_identity(experiment, iteration);
}

}  // namespace reverie
