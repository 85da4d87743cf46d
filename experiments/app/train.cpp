// train and its single stages: the iterative procedure of World Models, section "Iterative Training Procedure".
#include <algorithm>
#include <ctime>
#include <iostream>

#include "env/error.h"
#include "env/team.h"
#include "experiments/app/commands.h"
#include "experiments/run/stage_times.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/stages/begin_from.h"
#include "experiments/stages/stages.h"

namespace reverie {

Experiment create_run(const StageOptions& options) {
  if (options.from.empty() && !options.keep.empty()) {
    throw Error(ErrorKind::usage, "--keep says what to keep of another run: expected --from RUN");
  }
  const ExperimentConfig config = load_config(options.config_file(), options.overrides);
  const std::filesystem::path folder = options.run_folder();
  std::optional<OriginRequest> request;
  std::optional<Origin> origin;
  if (!options.from.empty()) {
    request = parse_origin(options.from, options.keep);
  }
  if (request && !std::filesystem::exists(folder / "config.yaml")) {
    Experiment::check(config);
    origin = find_origin(*request, config);
  }
  Experiment experiment =
      Experiment::create(config, folder, options.command,
                         [&](const RunDirectory& run, bool is_new) { settle_origin(run, is_new, request, origin); });
  bring_origin(experiment);
  return experiment;
}

void train(const StageOptions& options) {
  Experiment experiment = create_run(options);
  train_on(experiment);
}

void train_on(Experiment& experiment) {
  std::cerr << "run folder " << experiment.run.folder().string() << ", " << experiment.config.iterations
            << " iteration(s), " << to_string(experiment.config.precision) << ", " << experiment.pool->size()
            << " threads";
  if (const Team* const team = team_of_this_process()) {
    std::cerr << ", " << team->size() << " ranks with " << team->threads() << " threads";
  }
  std::cerr << "\n";
  for (int iteration = 0; iteration < experiment.config.iterations; ++iteration) {
    for (const Stage& stage : stages_of(experiment.config)) {
      run_stage(stage, experiment, iteration);
    }
  }
  write_summary(experiment);
  std::cerr << time_table(experiment.run.times());
  if (const Team* const team = team_of_this_process()) {
    timespec own = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    std::cerr << "rank 0 sent and received " << team->traffic().letters << " messages, "
              << static_cast<double>(team->traffic().bytes) * 1e-6 << " MB; its own thread worked for "
              << static_cast<double>(own.tv_sec) + 1e-9 * static_cast<double>(own.tv_nsec) << " s\n";
  }
  std::cerr << "everything lies in " << experiment.run.folder().string()
            << ": config.yaml, metrics.jsonl, summary.json, and per iteration the episodes, weights, controllers and "
               "pictures\n";
}

void train_stage(const std::string& name, const StageOptions& options) {
  Experiment experiment = create_run(options);
  const std::vector<Stage> stages = stages_of(experiment.config);
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const Stage& each) { return each.name == name; });
  if (found == stages.end()) {
    throw Error(ErrorKind::config, str(name, ": no stage of the world model ", experiment.config.model.kind));
  }
  const Stage& stage = *found;
  int iteration = 0;  // the first one in which the stage is not done
  while (iteration + 1 < experiment.config.iterations && is_done(stage, experiment, iteration)) {
    ++iteration;
  }
  run_stage(stage, experiment, iteration);
  std::cerr << experiment.run.iteration(iteration).string() << " is ready\n";
}

}  // namespace reverie
