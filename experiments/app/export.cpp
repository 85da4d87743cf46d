// export: a run's newest world model and controllers in half precision, without its data: small enough to give away.
// Every command that looks at a run takes the copy; training goes on in the run itself only.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/clip.h"
#include "experiments/app/commands.h"
#include "experiments/app/half.h"
#include "experiments/app/model_card.h"
#include "experiments/models/saved.h"
#include "experiments/run/bystander.h"
#include "experiments/run/text.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/scoring/showcase.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

constexpr int kStarts = 400;  // moments kept where dreams can begin, and a quarter as many held-out ones

TensorFile in_half(TensorFile file) {
  for (auto& [name, tensor] : file.tensors) {
    if (tensor.is_floating_point()) {
      tensor = to_half(tensor, name);
    }
  }
  return file;
}

// About `count` of the moments, at even steps: a quarter of them first frames, or all where there are fewer.
StartStates some_of(const StartStates& starts, int count) {
  const int firsts = static_cast<int>(std::count(starts.first.begin(), starts.first.end(), 1));
  const int first_stride = std::max(1, firsts / std::max(1, count / 4));
  const int other_stride = std::max(1, (starts.size() - firsts) / std::max(1, count - count / 4));
  std::vector<int> kept;
  StartStates some;
  int seen_firsts = 0, seen_others = 0;
  for (int i = 0; i < starts.size(); ++i) {
    const std::size_t row = static_cast<std::size_t>(i);
    if (starts.first[row] ? seen_firsts++ % first_stride == 0 : seen_others++ % other_stride == 0) {
      kept.push_back(i);
      some.first.push_back(starts.first[row]);
      some.paid.push_back(starts.paid[row]);
    }
  }
  some.states = gather(starts.states, kept);
  return some;
}

}  // namespace

void export_run(const ExportOptions& options) {
  const Experiment from = Experiment::open(options.run);
  const int k = newest_complete_iteration(from);
  const std::unique_ptr<WorldModel> model = load_world_model(from, k);
  const StartStates train = load_start_states(from, *model, k, StartSet::train);
  const StartStates held_out = load_start_states(from, *model, k, StartSet::held_out);
  make_folder(options.out);
  for (const auto& entry : std::filesystem::directory_iterator(options.out)) {
    if (!is_bystander(entry.path())) {
      throw Error(ErrorKind::usage, str(options.out.string(), ": expected a new or empty folder, found files in it"));
    }
  }
  write_file_atomically(options.out / "config.yaml", read_file(from.run.config()));
  const Experiment copy = Experiment::open(options.out);
  const RunDirectory& to = copy.run;
  make_folder(to.controller(k));

  const ModelFamily& family = family_of(from.config);
  const std::vector<WeightFile> weights = family.weights(from.config, from.run, k),
                                copies = family.weights(from.config, to, k);
  std::map<std::string, std::string> renamed;  // identities of the files before and now
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::string before = file_identity(weights[i].path, weights[i].kind, weights[i].command);
    TensorFile file = in_half(read_tensor_file(weights[i].path, weights[i].kind));
    for (auto& [name, value] : file.metadata) {
      const auto found = renamed.find(value);
      value = found == renamed.end() ? value : found->second;
    }
    write_tensor_file(copies[i].path, copies[i].kind, file);
    renamed[before] = file_identity(copies[i].path, copies[i].kind, copies[i].command);
  }
  save_start_states(copy, k, some_of(train, kStarts), some_of(held_out, kStarts / 4));
  for (const int generation : from.run.generations(k)) {
    TensorFile controller = read_tensor_file(from.run.generation(k, generation), kControllerKind);
    controller.metadata[family.identity_key()] = model_identity(copy, k);
    write_tensor_file(to.generation(k, generation), kControllerKind, controller);
  }
  for (const auto& file : {std::pair(from.run.chosen(k), to.chosen(k)), std::pair(from.run.metrics(), to.metrics()),
                           std::pair(from.run.times(), to.times()), std::pair(from.run.origin(), to.origin()),
                           std::pair(from.run.folder() / "run.json", to.folder() / "run.json")}) {
    if (std::filesystem::exists(file.first)) {
      write_file_atomically(file.second, read_file(file.first));
    }
  }
  if (std::filesystem::exists(from.run.summary())) {
    nlohmann::ordered_json summary = read_json(from.run.summary());
    summary["exported"] = "played by the run before its export, with weights in single precision";
    write_json(to.summary(), summary);
  }
  const std::unique_ptr<WorldModel> copied = load_world_model(copy, k);
  const SavedPolicy policy = load_controller(copy, k, -1).policy;
  write_showcase(to, choose_showcase(copy, *copied, policy));
  const std::vector<std::byte> clip = make_clip(copy, *copied, policy);
  if (!clip.empty()) {
    write_file_atomically(options.out / "clip.png", clip);
  }
  std::uintmax_t size = 0;
  for (const WeightFile& file : copies) {
    size += std::filesystem::file_size(file.path);
  }
  write_file_atomically(options.out / "README.md", model_card(from, k, !clip.empty(), size));
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options.out)) {
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  std::cerr << options.out.string() << ": " << megabytes(bytes) << "\n";
}

}  // namespace reverie
