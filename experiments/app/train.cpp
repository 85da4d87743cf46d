// train and its single stages: the iterative procedure of World Models, section "Iterative Training Procedure".
#include <iostream>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/run/stage_times.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/stages/stages.h"

namespace reverie {

std::vector<Stage> stages() {
  return {collect_stage(), train_vae_stage(), train_mdn_rnn_stage(), train_controller_stage()};
}

void train(const StageOptions& options) {
  Experiment experiment = Experiment::create(options);
  std::cerr << "run folder " << experiment.run.folder().string() << ", " << experiment.config.iterations
            << " iteration(s), " << to_string(experiment.config.precision) << ", " << experiment.pool->size()
            << " threads\n";
  for (int iteration = 0; iteration < experiment.config.iterations; ++iteration) {
    for (const Stage& stage : stages()) {
      run_stage(stage, experiment, iteration);
    }
  }
  write_summary(experiment);
  std::cerr << time_table(experiment.run.times());
  std::cerr << "everything lies in " << experiment.run.folder().string()
            << ": config.yaml, metrics.jsonl, summary.json, and per iteration the episodes, weights, controllers and "
               "pictures\n";
}

void train_stage(const Stage& stage, const StageOptions& options) {
  Experiment experiment = Experiment::create(options);
  int iteration = 0;  // the first one in which the stage is not done
  while (iteration + 1 < experiment.config.iterations && is_done(stage, experiment, iteration)) {
    ++iteration;
  }
  run_stage(stage, experiment, iteration);
  std::cerr << experiment.run.iteration(iteration).string() << " is ready\n";
}

}  // namespace reverie
