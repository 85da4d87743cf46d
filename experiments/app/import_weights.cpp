#include "experiments/app/import_weights.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>

#include "env/error.h"
#include "experiments/models/adapter.h"
#include "experiments/models/saved.h"
#include "experiments/scoring/evaluation.h"
#include "worldmodel/data/foreign_tensor_file.h"
#include "worldmodel/nn/low_rank.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// A run folder with one iteration's files, where they are tried before they become the run's.
class Trial {
 public:
  explicit Trial(const RunDirectory& run) : folder_(run.folder() / str(".import-", ::getpid())) {
    make_folder(folder_);
  }
  ~Trial() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

struct Target {
  fs::path path, trial;  // in the run, and where it is tried
  std::string kind;
  bool is_weights = false;  // of the world model
};

// Of the iteration's weights and controllers, in the order in which they are made.
std::vector<Target> targets_of(const Experiment& experiment, const RunDirectory& trial, int k) {
  std::vector<Target> targets;
  const ModelFamily& family = family_of(experiment.config);
  const std::vector<WeightFile> weights = family.weights(experiment.config, experiment.run, k),
                                tried = family.weights(experiment.config, trial, k);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    targets.push_back({weights[i].path, tried[i].path, weights[i].kind, true});
  }
  targets.push_back({experiment.run.start_states(k), trial.start_states(k), kStartStatesKind});
  for (const int generation : experiment.run.generations(k)) {
    targets.push_back({experiment.run.generation(k, generation), trial.generation(k, generation), kControllerKind});
  }
  return targets;
}

std::string value_of(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

// An update of the weights there (experiments/models/adapter.h), merged with them.
TensorFile take_adapter(const fs::path& path, const Target& target) {
  const TensorFile adapter = read_tensor_file(path, kAdapterKind);
  TensorFile base = read_tensor_file(target.path, target.kind);
  const std::string identity = read_tensor_metadata(target.path, target.kind).at("checksum");
  base.metadata["checksum"] = identity;
  const bool is_base = std::any_of(adapter.metadata.begin(), adapter.metadata.end(), [&](const auto& entry) {
    return entry.first != "checksum" && entry.second == identity;
  });
  if (!is_base) {
    throw Error(ErrorKind::data, str(path.string(), ": is an update of other weights than ", target.path.string()));
  }
  apply_update(base.tensors, adapter.tensors, path);
  return base;
}

// What a file is called that it replaces or changes.
fs::path name_in_run(const fs::path& path) {
  const std::string name = path.filename().string(), ending = kAdapterEnding;
  return name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) + ".safetensors" : name;
}

// The other program may have dropped our metadata. Then the metadata of the file that is replaced are used.
TensorFile take(const fs::path& path, const Target& target) {
  if (path.filename() != name_in_run(path)) {
    return take_adapter(path, target);
  }
  TensorFile file = read_foreign_tensor_file(path);
  const std::string kind = value_of(file, "reverie");
  if (!kind.empty() && kind != target.kind) {
    throw Error(ErrorKind::data, str(path.string(), ": expected a file of kind ", target.kind, ", found ", kind));
  }
  if (kind.empty() && fs::exists(target.path)) {
    file.metadata = read_foreign_tensor_file(target.path).metadata;
  }
  return file;
}

}  // namespace

void import_weights(const ImportWeightsOptions& options) {
  const Experiment experiment = Experiment::open(options.run);
  const RunLock lock = lock_folder(experiment.run.folder());
  const int k = options.iteration.value_or(newest_complete_iteration(experiment));
  const Trial folder(experiment.run);
  write_file_atomically(folder.folder() / "config.yaml", read_file(experiment.run.config()));
  const Experiment trial = Experiment::open(folder.folder());
  make_folder(trial.run.controller(k));
  const std::vector<Target> targets = targets_of(experiment, trial.run, k);
  std::map<fs::path, fs::path> given;  // by target
  for (const fs::path& path : options.files) {
    const auto target = std::find_if(targets.begin(), targets.end(), [&path](const Target& each) {
      return each.path.filename() == name_in_run(path) && each.kind != kStartStatesKind;
    });
    if (target == targets.end() || !given.emplace(target->path, path).second) {
      std::string names;
      for (const Target& each : targets) {
        names += each.kind == kStartStatesKind ? "" : str(names.empty() ? "" : ", ", each.path.filename().string());
      }
      throw Error(ErrorKind::usage, str(path.string(), ": expected, once each, files called as those of iteration ", k,
                                        " of ", options.run.string(), ": ", names));
    }
  }

  std::map<std::string, std::string> renamed;  // old identity of weights to new: later weight files name them
  std::vector<Target> changed;
  bool model_changed = false;
  for (const Target& target : targets) {
    const auto from = given.find(target.path);
    bool is_new = from != given.end();
    if (!is_new && !fs::exists(target.path)) {
      continue;
    }
    TensorFile file = is_new ? take(from->second, target) : read_tensor_file(target.path, target.kind);
    const std::string before = value_of(file, "checksum");  // of the copy that was edited
    file.metadata.erase("reverie");
    file.metadata.erase("checksum");
    if (!target.is_weights && (is_new || model_changed)) {
      file.metadata[family_of(experiment.config).identity_key()] = model_identity(trial, k);
      is_new = true;
    }
    for (auto& [key, value] : file.metadata) {
      if (target.is_weights && renamed.contains(value)) {
        value = renamed.at(value);
        is_new = true;
      }
    }
    write_tensor_file(target.trial, target.kind, file);
    if (is_new) {
      changed.push_back(target);
    }
    if (is_new && target.is_weights) {
      model_changed = true;
      if (!before.empty()) {
        renamed[before] = read_tensor_metadata(target.trial, target.kind).at("checksum");
      }
    }
  }
  try {
    const std::unique_ptr<WorldModel> model = load_world_model(trial, k);
    for (const int generation : trial.run.generations(k)) {
      load_controller(trial, k, generation);
    }
    if (fs::exists(trial.run.start_states(k))) {
      load_start_states(trial, *model, k, StartSet::train);
    }
  } catch (const Error& error) {  // of the file that was given, not of its copy
    std::string message = error.what();
    for (const auto& [target, path] : given) {
      const fs::path copy = trial.run.folder() / fs::relative(target, experiment.run.folder());
      if (message.starts_with(copy.string())) {
        message.replace(0, copy.string().size(), path.string());
      }
    }
    throw Error(error.kind(), message);
  }
  for (const Target& target : changed) {
    fs::rename(target.trial, target.path);
    std::cerr << "wrote " << target.path.string() << "\n";
  }
}

}  // namespace reverie
