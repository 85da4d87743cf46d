// What every stage works with: the config, the run folder, the threads and the game.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/game.h"
#include "env/worker_pool.h"
#include "experiments/config/config.h"
#include "experiments/run/metrics.h"
#include "experiments/run/origin.h"
#include "experiments/run/run_directory.h"
#include "worldmodel/data/episode_store.h"

namespace reverie {

class Experiment {
 public:
  // Opens an existing run for reading; writes nothing. overrides: key=value, for this reading only.
  static Experiment open(const std::filesystem::path& run, const std::vector<std::string>& overrides = {});
  // Makes a run in `folder` or goes on with the one there, and holds its lock. command: as typed, for run.json.
  // prepare: as RunDirectory::create calls it.
  static Experiment create(const ExperimentConfig& config, const std::filesystem::path& folder,
                           const std::vector<std::string>& command, const PrepareRun& prepare = {});
  // As a helper knows it (experiments/run/equipment.h): `folder` names its files, and the pool must outlive it.
  static Experiment sent(const ExperimentConfig& config, const std::filesystem::path& folder, WorkerPool& pool);
  // Shares the run's work with the other processes, if there are any (set_team), each with as many threads as the
  // config says. create() has done it.
  void share() const;
  // What only the game can tell of a config. Error (kind config) where they do not fit.
  static void check(const ExperimentConfig& config);

  ExperimentConfig config;  // of the whole run: see ExperimentConfig::at()
  RunDirectory run;
  std::optional<Origin> origin;  // what the run took from another one
  std::shared_ptr<WorkerPool> pool;
  GameFactory make_game;
  GameSpec game;

  int num_episodes(int iteration) const;  // recorded in that iteration, or taken from another run
  // Of iterations 0 to last. Error (kind data) where some are missing, or where there are none at all.
  EpisodeStore episodes(int last_iteration) const;
  bool has_episodes(int last_iteration) const;  // whether they are all there, and some are
  // Which episodes are held out: where episodes were taken from another run, the same ones as there.
  std::uint64_t split_seed() const;
  int action_size() const { return static_cast<int>(game.action_low.size()); }

 private:
  Experiment(ExperimentConfig experiment_config, RunDirectory directory, std::shared_ptr<WorkerPool> workers = {});
};

// The processes that work with this one; null: none.
void set_team(Team* team);
const Team* team_of_this_process();

// The checksum of a file of tensors, which changes when they do. Error (kind data) where there is no file, naming the
// command that makes it.
std::string file_identity(const std::filesystem::path& path, const char* kind, const std::string& command);

// Tensor file kinds.
inline constexpr const char* kStartStatesKind = "start_states/1";
inline constexpr const char* kControllerKind = "controller/1";
inline constexpr const char* kCheckpointKind = "checkpoint/1";

}  // namespace reverie
