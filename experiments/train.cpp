// train and its single stages: the iterative procedure of World Models, section "Iterative Training Procedure".
#include <iostream>

#include "env/error.h"
#include "experiments/commands.h"
#include "experiments/evaluation.h"
#include "experiments/stages.h"

namespace reverie {
namespace {

using Stage = void (*)(Experiment&, int);

// A single stage serves the first iteration that lacks it: for each one, what it makes.
void run_stage(const StageOptions& options, Stage stage, const std::function<bool(const Experiment&, int)>& is_done) {
  Experiment experiment = Experiment::create(options);
  int iteration = 0;
  while (iteration + 1 < experiment.config.iterations && is_done(experiment, iteration)) {
    ++iteration;
  }
  stage(experiment, iteration);
  std::cerr << experiment.run.iteration(iteration).string() << " is ready\n";
}

}  // namespace

void train(const StageOptions& options) {
  Experiment experiment = Experiment::create(options);
  std::cerr << "run folder " << experiment.run.folder().string() << ", " << experiment.config.iterations
            << " iteration(s), " << to_string(experiment.config.precision) << ", " << experiment.pool->size()
            << " threads\n";
  for (int iteration = 0; iteration < experiment.config.iterations; ++iteration) {
    collect_iteration(experiment, iteration);
    train_vae_iteration(experiment, iteration);
    train_mdn_rnn_iteration(experiment, iteration);
    train_controller_iteration(experiment, iteration);
  }
  write_summary(experiment);
  std::cerr << "everything lies in " << experiment.run.folder().string()
            << ": config.yaml, metrics.jsonl, summary.json, and per iteration the episodes, weights, controllers and "
               "pictures\n";
}

void collect(const StageOptions& options) {
  run_stage(options, collect_iteration, [](const Experiment& e, int k) {
    return std::filesystem::exists(episode_path(e.run.episodes(k), at_iteration(e.config.collect.episodes, k) - 1)) &&
           std::filesystem::exists(e.run.vae(k));
  });
}

void train_vae(const StageOptions& options) {
  run_stage(options, train_vae_iteration,
            [](const Experiment& e, int k) { return std::filesystem::exists(e.run.mdn_rnn(k)); });
}

void train_mdn_rnn(const StageOptions& options) {
  run_stage(options, train_mdn_rnn_iteration, [](const Experiment& e, int k) { return !e.run.generations(k).empty(); });
}

void train_controller(const StageOptions& options) {
  run_stage(options, train_controller_iteration,
            [](const Experiment& e, int k) { return std::filesystem::exists(e.run.episodes(k + 1)); });
}

}  // namespace reverie
