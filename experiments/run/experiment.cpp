#include "experiments/run/experiment.h"

#include <algorithm>
#include <iostream>

#include "agent/make_policy.h"
#include "agent/noisy_policy.h"
#include "agent/plan/cem_planner.h"
#include "env/error.h"
#include "env/memory_files.h"
#include "env/processors.h"
#include "env/team.h"
#include "experiments/config/config_writer.h"
#include "experiments/run/machine.h"
#include "experiments/run/stop_flag.h"
#include "worldmodel/data/tensor_file.h"

namespace reverie {
namespace {

Team* team_of_process = nullptr;

}  // namespace

void set_team(Team* team) {
  team_of_process = team;
}

const Team* team_of_this_process() {
  return team_of_process;
}

// Checks the parts of a config that depend on the game, before anything is written: the functions called here throw.
void Experiment::check(const ExperimentConfig& config) {
  const GameSpec game = make_game_factory(config.game)()->spec();
  EnvironmentSpec spec;
  spec.batch_size = 1;
  spec.observation_shape = {1};
  spec.actions = game.actions;
  spec.action_low = game.action_low;
  spec.action_high = game.action_high;
  Controller controller(config.controller, 1, spec.action_size(), 1, spec.actions);
  make_random_policy<float>(config.collect.random, spec, 0, config.controller);
  NoisyPolicy<float>(controller, config.at(0).collect.exploration, spec, 0);
}

Experiment::Experiment(ExperimentConfig experiment_config, RunDirectory directory, std::shared_ptr<WorkerPool> workers)
    : config(std::move(experiment_config)), run(std::move(directory)), pool(std::move(workers)) {
  policy_kinds().emplace(kPlannerKind, make_planner);
  if (!pool) {
    const int threads = config.threads > 0 ? config.threads : usable_threads();
    pool = std::make_shared<WorkerPool>(threads, use_one_thread, stop_requested);
    origin = read_origin(run.origin());
  }
  make_game = make_game_factory(config.game);
  game = make_game()->spec();
}

Experiment Experiment::open(const std::filesystem::path& folder, const std::vector<std::string>& overrides) {
  RunDirectory directory = RunDirectory::open(folder);
  ExperimentConfig read = load_config(directory.config(), overrides);
  // A run from another machine does not decide how many threads start here; threads=N on the command line does.
  const bool asked_for = std::any_of(overrides.begin(), overrides.end(),
                                     [](const std::string& text) { return text.starts_with("threads="); });
  const int cores = usable_threads();
  if (!asked_for && read.threads > cores) {
    std::cerr << directory.config().string() << ": threads: expected at most " << cores
              << ", one for each processor that may be used, found " << read.threads << ": taking " << cores << "\n";
    read.threads = cores;
  }
  return {std::move(read), std::move(directory)};
}

Experiment Experiment::create(const ExperimentConfig& config, const std::filesystem::path& folder,
                              const std::vector<std::string>& command, const PrepareRun& prepare) {
  check(config);
  const std::string text = print_config(config);
  RunDirectory directory = RunDirectory::create(folder, text, config.seed, command, growing_keys(config), free_keys(),
                                                complete_config_text, prepare);
  log_config(directory, text);
  Experiment experiment(config, std::move(directory));
  experiment.share();
  return experiment;
}

void Experiment::share() const {
  if (team_of_process != nullptr) {
    team_of_process->start(config.threads);
    pool->set_team(team_of_process);
  }
}

Experiment Experiment::sent(const ExperimentConfig& config, const std::filesystem::path& folder, WorkerPool& pool) {
  return {config, RunDirectory::elsewhere(folder), std::shared_ptr<WorkerPool>(&pool, [](WorkerPool*) {})};
}

int Experiment::num_episodes(int iteration) const {
  return iteration == 0 && origin ? origin->num_episodes : config.collect.episodes.at(iteration);
}

std::uint64_t Experiment::split_seed() const {
  return origin && origin->num_episodes > 0 ? origin->split_seed : config.seed;
}

EpisodeStore Experiment::episodes(int last_iteration) const {
  std::vector<std::filesystem::path> folders;
  for (int k = 0; k <= last_iteration; ++k) {
    for (int index = 0; index < num_episodes(k); ++index) {
      if (!std::filesystem::exists(episode_path(run.episodes(k), index))) {
        throw Error(ErrorKind::data, str(run.episodes(k).string(), ": expected ", num_episodes(k),
                                         " episodes, found no number ", index, ": run `reverie collect` first"));
      }
    }
    if (num_episodes(k) > 0) {
      folders.push_back(run.episodes(k));
    }
  }
  if (folders.empty()) {
    throw Error(ErrorKind::data, str(run.folder().string(),
                                     ": expected recorded episodes, found none: it took a world "
                                     "model alone from another run"));
  }
  return EpisodeStore(folders, split_seed(), config.collect.held_out_share);
}

bool Experiment::has_episodes(int last_iteration) const {
  bool some = false;
  for (int k = 0; k <= last_iteration; ++k) {
    for (int index = 0; index < num_episodes(k); ++index) {
      if (!std::filesystem::exists(episode_path(run.episodes(k), index))) {
        return false;
      }
      some = true;
    }
  }
  return some;
}

std::string file_identity(const std::filesystem::path& path, const char* kind, const std::string& command) {
  if (!file_exists(path)) {
    throw Error(ErrorKind::data,
                str(path.string(), ": expected the weights there, found no file: run `reverie ", command, "` first"));
  }
  return take_metadata(read_tensor_metadata(path, kind), path, "checksum");
}

}  // namespace reverie
