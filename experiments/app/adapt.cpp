// adapt: the game has changed, and a run's world model and controller learn that from a few new episodes. It makes a
// run of two iterations: the first is taken from the run, the second collects in the changed game with the run's C,
// trains the world model by a small update, and searches C in the adapted dream, from where it was.
#include <algorithm>
#include <iostream>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/config_writer.h"
#include "experiments/models/saved.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/stages/begin_from.h"

namespace reverie {
namespace {

ExperimentConfig adapting_config(const Experiment& from, int iteration, const AdaptOptions& options) {
  const ExperimentConfig last = from.config.at(iteration);
  std::vector<std::string> changes = last.model.config->adapting(options.rank, options.frames);
  if (changes.empty()) {
    throw Error(ErrorKind::usage, str("adapt: the world model ", last.model.kind, " of ", options.run.string(),
                                      options.frames ? " cannot learn other frames" : " cannot be adapted"));
  }
  changes.insert(
      changes.end(),
      {"iterations=2", str("collect.episodes=[", options.episodes, "]"), "collect.num_controllers=1",
       "collect.held_out_share=0.2",  // of few episodes, by which training is stopped
       "train_controller.begin=last", "train_controller.continue_search=false",
       str("train_controller.generations=[", best_generation(from, iteration), ", ", options.generations, "]")});
  const auto key = [](const std::string& change) { return change.substr(0, change.find('=')); };
  std::erase_if(changes, [&](const std::string& change) {  // what is asked for holds
    return std::any_of(options.overrides.begin(), options.overrides.end(),
                       [&](const std::string& asked) { return key(asked) == key(change); });
  });
  changes.insert(changes.end(), options.overrides.begin(), options.overrides.end());
  ExperimentConfig config = parse_config<ExperimentConfig>(from.run.config().string(), print_config(last), changes);
  config.precision = resolve_precision(config.precision);
  config.dream.constant_reward = static_cast<float>(config.game.action_repeat);
  return config;
}

}  // namespace

void adapt(const AdaptOptions& options) {
  const Experiment from = Experiment::open(options.run);
  OriginRequest request;
  request.run = options.run;
  request.iteration = newest_complete_iteration(from);
  request.episodes = false;
  request.all = request.controller_and_changed_game = true;
  const ExperimentConfig config = adapting_config(from, *request.iteration, options);
  std::filesystem::path folder = options.out;
  if (folder.empty()) {
    folder = from.run.folder().has_filename() ? from.run.folder() : from.run.folder().parent_path();
    folder += "-adapted";
  }
  std::optional<Origin> origin;
  if (!std::filesystem::exists(folder / "config.yaml")) {
    Experiment::check(config);
    origin = find_origin(request, config);
  }
  Experiment experiment =
      Experiment::create(config, folder, options.command,
                         [&](const RunDirectory& run, bool is_new) { settle_origin(run, is_new, request, origin); });
  bring_origin(experiment);
  train_on(experiment);
}

}  // namespace reverie
