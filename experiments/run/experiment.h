// What every stage works with: the config, the run folder, the threads, and what earlier stages left there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "env/game.h"
#include "env/worker_pool.h"
#include "experiments/app/commands.h"
#include "experiments/config/config.h"
#include "experiments/run/metrics.h"
#include "experiments/run/run_directory.h"
#include "worldmodel/data/episode_store.h"
#include "worldmodel/start_states.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"
#include "worldmodel/vae_mdn_rnn/vae.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

// What a controller checkpoint holds.
struct SavedController {
  std::vector<double> parameters;  // the distribution's mean
  int generation = 0;
};

enum class StartSet { train, held_out };

class Experiment {
 public:
  // Looks at a run that exists; writes nothing. overrides change how it is looked at.
  static Experiment open(const std::filesystem::path& run, const std::vector<std::string>& overrides = {});
  // Makes a run or goes on with one, and holds its lock.
  static Experiment create(const StageOptions& options);

  ExperimentConfig config;
  RunDirectory run;
  std::unique_ptr<WorkerPool> pool;
  GameFactory make_game;
  GameSpec game;

  EpisodeStore episodes(int last_iteration) const;  // of iterations 0 to last

  // Untrained, of the config's sizes. Equal seeds, equal weights.
  Vae new_vae() const;
  MdnRnn new_mdn_rnn() const;
  // Error (kind data) where an iteration has none, naming the command that makes it.
  Vae load_vae(int iteration) const;
  MdnRnn load_mdn_rnn(int iteration) const;
  VaeMdnRnn load_world_model(int iteration) const;
  // -1: the one that was chosen, else the newest.
  SavedController load_controller(int iteration, int generation) const;
  // The newest `count` controllers of the iteration, newest first.
  std::vector<SavedController> load_controllers(int iteration, int count) const;

  // Error (kind data) where they are missing, were made with another M or are no states of this model.
  StartStates load_start_states(const WorldModel& model, int iteration, StartSet set) const;

  // The identity of a weight file: changes when the weights do.
  std::string vae_id(int iteration) const;
  std::string mdn_rnn_id(int iteration) const;

  int feature_size() const;
  int num_controller_parameters() const;

 private:
  Experiment(ExperimentConfig experiment_config, RunDirectory directory);
};

// Tensor file kinds.
inline constexpr const char* kVaeKind = "vae/1";
inline constexpr const char* kMdnRnnKind = "mdn_rnn/1";
inline constexpr const char* kStartStatesKind = "start_states/1";
inline constexpr const char* kControllerKind = "controller/1";
inline constexpr const char* kCheckpointKind = "checkpoint/1";

void save_start_states(const std::filesystem::path& path, const StartStates& train, const StartStates& held_out,
                       const std::string& mdn_rnn_id);

}  // namespace reverie
