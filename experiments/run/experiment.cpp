#include "experiments/run/experiment.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "agent/noisy_policy.h"
#include "env/error.h"
#include "env/processors.h"
#include "experiments/run/machine.h"
#include "experiments/run/stop_flag.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {
namespace {

// A weight file's checksum says which weights they are.
std::string file_id(const std::filesystem::path& path, const char* kind, const char* command) {
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorKind::data,
                str(path.string(), ": expected the weights there, found no file: run `reverie ", command, "` first"));
  }
  return take_metadata(read_tensor_metadata(path, kind), path, "checksum");
}

// What only the game can tell of a config, before anything is written: the makers below throw.
void check_against_game(const ExperimentConfig& config) {
  const GameSpec game = make_game_factory(config.game)()->spec();
  EnvironmentSpec spec;
  spec.batch_size = 1;
  spec.observation_shape = {1};
  spec.action_low = game.action_low;
  spec.action_high = game.action_high;
  Controller controller(config.controller, 1, spec.action_size(), 1);
  make_random_policy<float>(config.collect.random, spec, 0, config.controller);
  NoisyPolicy<float>(controller, config.collect.exploration_at(0), spec, 0);
}

void check_made_from(const std::filesystem::path& path, const char* kind, const std::string& mdn_rnn_id) {
  if (take_metadata(read_tensor_metadata(path, kind), path, "mdn_rnn") != mdn_rnn_id) {
    throw Error(ErrorKind::data,
                str(path.string(), ": was made with another M than the one beside it: run `reverie train-controller`"));
  }
}

// What choose_controller left; the newest where it has not chosen among these.
int chosen_generation(const std::filesystem::path& path, const std::vector<int>& saved) {
  if (!std::filesystem::exists(path)) {
    return saved.back();
  }
  const auto json = read_json(path);
  if (!json.contains("generation") || !json["generation"].is_number_integer()) {
    throw Error(ErrorKind::data, str(path.string(), ": expected the number of a generation, found none"));
  }
  const int chosen = json["generation"].get<int>();
  return std::find(saved.begin(), saved.end(), chosen) == saved.end() ? saved.back() : chosen;
}

}  // namespace

Experiment::Experiment(ExperimentConfig experiment_config, RunDirectory directory)
    : config(std::move(experiment_config)), run(std::move(directory)) {
  const int threads = config.threads > 0 ? config.threads : usable_threads();
  pool = std::make_unique<WorkerPool>(threads, use_one_thread, stop_requested);
  make_game = make_game_factory(config.game);
  game = make_game()->spec();
}

Experiment Experiment::open(const std::filesystem::path& folder, const std::vector<std::string>& overrides) {
  RunDirectory directory = RunDirectory::open(folder);
  ExperimentConfig read = load_config(directory.config(), overrides);
  // A run from elsewhere does not decide how many threads start here; who looks at it may, with threads=N.
  const bool asked_for = std::any_of(overrides.begin(), overrides.end(),
                                     [](const std::string& text) { return text.starts_with("threads="); });
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (!asked_for && read.threads > cores) {
    std::cerr << directory.config().string() << ": threads: expected at most " << cores << ", one for each core, found "
              << read.threads << ": taking " << cores << "\n";
    read.threads = cores;
  }
  return {std::move(read), std::move(directory)};
}

Experiment Experiment::create(const StageOptions& options) {
  ExperimentConfig read = load_config(options.config_file(), options.overrides);
  check_against_game(read);
  RunDirectory directory = RunDirectory::create(options.run_folder(), write_config(read).text(), read.seed,
                                                options.command, growing_keys(), free_keys(), complete_config_text);
  return {std::move(read), std::move(directory)};
}

EpisodeStore Experiment::episodes(int last_iteration) const {
  std::vector<std::filesystem::path> folders;
  for (int k = 0; k <= last_iteration; ++k) {
    for (int index = 0; index < at_iteration(config.collect.episodes, k); ++index) {
      if (!std::filesystem::exists(episode_path(run.episodes(k), index))) {
        throw Error(ErrorKind::data,
                    str(run.episodes(k).string(), ": expected ", at_iteration(config.collect.episodes, k),
                        " episodes, found no number ", index, ": run `reverie collect` first"));
      }
    }
    folders.push_back(run.episodes(k));
  }
  return EpisodeStore(folders, config.seed);
}

Vae Experiment::new_vae() const {
  return Vae(config.vae.vae, config.seed);
}

MdnRnn Experiment::new_mdn_rnn() const {
  return MdnRnn(config.vae.vae.latent_size, static_cast<int>(game.action_low.size()), config.mdn_rnn.mdn_rnn,
                config.seed);
}

Vae Experiment::load_vae(int iteration) const {
  vae_id(iteration);
  return read_module(run.vae(iteration), kVaeKind, [this](auto seed) { return Vae(config.vae.vae, seed); });
}

MdnRnn Experiment::load_mdn_rnn(int iteration) const {
  mdn_rnn_id(iteration);
  return read_module(run.mdn_rnn(iteration), kMdnRnnKind, [this](auto seed) {
    return MdnRnn(config.vae.vae.latent_size, static_cast<int>(game.action_low.size()), config.mdn_rnn.mdn_rnn, seed);
  });
}

VaeMdnRnn Experiment::load_world_model(int iteration) const {
  return VaeMdnRnn(load_vae(iteration), load_mdn_rnn(iteration), config.model, config.precision);
}

SavedController Experiment::load_controller(int iteration, int generation) const {
  const std::vector<int> saved = run.generations(iteration);
  if (saved.empty() || (generation >= 0 && std::find(saved.begin(), saved.end(), generation) == saved.end())) {
    throw Error(ErrorKind::data,
                str(run.controller(iteration).string(), ": expected ",
                    generation < 0 ? std::string("a controller") : str("generation ", generation), ", found ",
                    saved.empty() ? std::string("none") : str("generations ", saved.front(), " to ", saved.back()),
                    ": run `reverie train-controller` first"));
  }
  const int wanted = generation < 0 ? chosen_generation(run.chosen(iteration), saved) : generation;
  const std::filesystem::path path = run.generation(iteration, wanted);
  const TensorFile file = read_tensor_file(path, kControllerKind);
  check_made_from(path, kControllerKind, mdn_rnn_id(iteration));
  const torch::Tensor parameters =
      take_tensor(file, path, "parameters", torch::kFloat64, {num_controller_parameters()});
  check_finite(parameters, path, "parameters");
  return {std::vector<double>(parameters.data_ptr<double>(), parameters.data_ptr<double>() + parameters.numel()),
          wanted};
}

std::vector<SavedController> Experiment::load_controllers(int iteration, int count) const {
  std::vector<int> saved = run.generations(iteration);
  std::reverse(saved.begin(), saved.end());
  saved.resize(std::min(saved.size(), static_cast<std::size_t>(count)));
  std::vector<SavedController> controllers;
  for (const int generation : saved) {
    controllers.push_back(load_controller(iteration, generation));
  }
  if (controllers.empty()) {
    load_controller(iteration, -1);  // says what is missing
  }
  return controllers;
}

std::string Experiment::vae_id(int iteration) const {
  return file_id(run.vae(iteration), kVaeKind, "train-vae");
}

std::string Experiment::mdn_rnn_id(int iteration) const {
  return file_id(run.mdn_rnn(iteration), kMdnRnnKind, "train-mdn-rnn");
}

int Experiment::feature_size() const {
  return reverie::feature_size(config.model.features, config.vae.vae.latent_size, config.mdn_rnn.mdn_rnn.hidden_size);
}

int Experiment::num_controller_parameters() const {
  return Controller::num_parameters(config.controller, feature_size(), static_cast<int>(game.action_low.size()));
}

void save_start_states(const std::filesystem::path& path, const StartStates& train, const StartStates& held_out,
                       const std::string& mdn_rnn_id) {
  TensorFile file;
  file.metadata["mdn_rnn"] = mdn_rnn_id;
  put_start_states(file, "train.", train);
  put_start_states(file, "held_out.", held_out);
  write_tensor_file(path, kStartStatesKind, file);
}

StartStates Experiment::load_start_states(const WorldModel& model, int iteration, StartSet set) const {
  const std::filesystem::path path = run.start_states(iteration);
  check_made_from(path, kStartStatesKind, mdn_rnn_id(iteration));
  return take_start_states(read_tensor_file(path, kStartStatesKind), path,
                           set == StartSet::train ? "train." : "held_out.", model);
}

}  // namespace reverie
