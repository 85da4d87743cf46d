// train and its single stages: the iterative procedure of World Models, section "Iterative Training Procedure".
#include <iostream>

#include "env/error.h"
#include "experiments/commands.h"
#include "experiments/evaluation.h"
#include "experiments/stage_times.h"
#include "experiments/stages.h"

namespace reverie {
namespace {

struct Stage {
  const char* name;
  void (*run)(Experiment&, int);
};

constexpr Stage kCollect = {"collect", collect_iteration};
constexpr Stage kTrainVae = {"train-vae", train_vae_iteration};
constexpr Stage kTrainMdnRnn = {"train-mdn-rnn", train_mdn_rnn_iteration};
constexpr Stage kTrainController = {"train-controller", train_controller_iteration};

void run(const Stage& stage, Experiment& experiment, int iteration) {
  const StageTimer timer(experiment.run.times(), stage.name, iteration);
  stage.run(experiment, iteration);
}

// A single stage serves the first iteration that lacks it: for each one, what it makes.
void run_stage(const StageOptions& options, const Stage& stage,
               const std::function<bool(const Experiment&, int)>& is_done) {
  Experiment experiment = Experiment::create(options);
  int iteration = 0;
  while (iteration + 1 < experiment.config.iterations && is_done(experiment, iteration)) {
    ++iteration;
  }
  run(stage, experiment, iteration);
  std::cerr << experiment.run.iteration(iteration).string() << " is ready\n";
}

}  // namespace

void train(const StageOptions& options) {
  Experiment experiment = Experiment::create(options);
  std::cerr << "run folder " << experiment.run.folder().string() << ", " << experiment.config.iterations
            << " iteration(s), " << to_string(experiment.config.precision) << ", " << experiment.pool->size()
            << " threads\n";
  for (int iteration = 0; iteration < experiment.config.iterations; ++iteration) {
    for (const Stage& stage : {kCollect, kTrainVae, kTrainMdnRnn, kTrainController}) {
      run(stage, experiment, iteration);
    }
  }
  {
    const StageTimer timer(experiment.run.times(), "closing table", 0);
    write_summary(experiment);
  }
  std::cerr << time_table(experiment.run.times());
  std::cerr << "everything lies in " << experiment.run.folder().string()
            << ": config.yaml, metrics.jsonl, summary.json, and per iteration the episodes, weights, controllers and "
               "pictures\n";
}

void collect(const StageOptions& options) {
  run_stage(options, kCollect, [](const Experiment& e, int k) {
    return std::filesystem::exists(episode_path(e.run.episodes(k), at_iteration(e.config.collect.episodes, k) - 1)) &&
           std::filesystem::exists(e.run.vae(k));
  });
}

void train_vae(const StageOptions& options) {
  run_stage(options, kTrainVae, [](const Experiment& e, int k) { return std::filesystem::exists(e.run.mdn_rnn(k)); });
}

void train_mdn_rnn(const StageOptions& options) {
  run_stage(options, kTrainMdnRnn, [](const Experiment& e, int k) { return !e.run.generations(k).empty(); });
}

void train_controller(const StageOptions& options) {
  run_stage(options, kTrainController,
            [](const Experiment& e, int k) { return std::filesystem::exists(e.run.episodes(k + 1)); });
}

}  // namespace reverie
