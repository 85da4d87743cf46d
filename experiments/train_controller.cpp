// train-controller: C is evolved in the dream (or in the game), starting from the last iteration's mean.
#include "env/error.h"
#include "experiments/arena.h"
#include "experiments/evolution.h"
#include "experiments/progress.h"
#include "experiments/stages.h"
#include "experiments/stop_flag.h"
#include "worldmodel/latent_store.h"
#include "worldmodel/tensor_file.h"

namespace reverie {
namespace {

// The moments where dreams begin: many from the training episodes; first frames of the held-out ones, for scoring.
void make_start_states(const Experiment& experiment, int iteration) {
  const std::string id = experiment.mdn_rnn_id(iteration);
  const std::filesystem::path path = experiment.run.start_states(iteration);
  if (std::filesystem::exists(path) &&
      take_metadata(read_tensor_metadata(path, kStartStatesKind), path, "mdn_rnn") == id) {
    return;
  }
  const VaeMdnRnn model = experiment.load_world_model(iteration);
  const EpisodeStore episodes = experiment.episodes(iteration);
  const LatentStore store(episodes, experiment.vae_id(iteration));
  const int count = experiment.config.train_controller.num_start_states;
  const StartStates train = record_start_states(model, store, episodes.train(), count, experiment.config.seed);
  const StartStates held_out =
      record_start_states(model, store, episodes.held_out(), std::max(1, count / 10), experiment.config.seed);
  save_start_states(path, train, held_out, id);
}

std::map<std::string, torch::Tensor> to_tensors(const NamedArrays& arrays) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& [name, values] : arrays) {
    tensors[name] = torch::tensor(values, torch::kFloat64);
  }
  return tensors;
}

NamedArrays to_arrays(const std::map<std::string, torch::Tensor>& tensors) {
  NamedArrays arrays;
  for (const auto& [name, tensor] : tensors) {
    arrays[name].assign(tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel());
  }
  return arrays;
}

}  // namespace

void train_controller_iteration(Experiment& experiment, int iteration) {
  const ExperimentConfig& config = experiment.config;
  const TrainControllerConfig& training = config.train_controller;
  const int generations = at_iteration(training.generations, iteration);
  const std::string model_id = experiment.mdn_rnn_id(iteration);
  const std::filesystem::path folder = experiment.run.controller(iteration);
  const std::filesystem::path checkpoint = folder / "cma_es.safetensors";
  make_folder(folder);

  std::vector<double> start(static_cast<std::size_t>(experiment.num_controller_parameters()), 0.0);
  if (iteration > 0) {
    start = experiment.load_controller(iteration - 1, -1).parameters;
  }
  CmaEs strategy(training.cma_es, start,
                 derive_seed(config.seed, Stream::cma_es, static_cast<std::uint64_t>(iteration)));
  if (iteration > 0 && training.continue_search) {
    NamedArrays before = to_arrays(
        read_tensor_file(experiment.run.controller(iteration - 1) / "cma_es.safetensors", kCheckpointKind).tensors);
    before["generation"] = before["decomposed"] = {0.0};  // an iteration counts its own
    strategy.load(before);
  }
  if (std::filesystem::exists(checkpoint)) {
    const TensorFile file = read_tensor_file(checkpoint, kCheckpointKind);
    if (take_metadata(file.metadata, checkpoint, "mdn_rnn") == model_id) {
      strategy.load(to_arrays(file.tensors));
    }
  }
  const auto save_controller = [&] {
    TensorFile mean;
    mean.tensors["parameters"] =
        torch::tensor(std::vector<double>(strategy.mean().begin(), strategy.mean().end()), torch::kFloat64);
    mean.metadata["mdn_rnn"] = model_id;
    write_tensor_file(experiment.run.generation(iteration, strategy.generation()), kControllerKind, mean);
  };
  const auto save_search = [&] {
    TensorFile state;
    state.tensors = to_tensors(strategy.save());
    state.metadata["mdn_rnn"] = model_id;
    write_tensor_file(checkpoint, kCheckpointKind, state);
  };
  if (strategy.generation() == 0) {  // also forgets controllers of another model
    for (const int old : experiment.run.generations(iteration)) {
      std::filesystem::remove(experiment.run.generation(iteration, old));
    }
    if (generations == 0) {
      save_controller();
      save_search();
    }
  }
  make_start_states(experiment, iteration);  // the dream is looked at even where C is evolved in the game
  if (strategy.generation() >= generations) {
    choose_controller(experiment, iteration);
    return;
  }
  std::filesystem::remove(experiment.run.chosen(iteration));  // more generations are to be chosen from

  const VaeMdnRnn model = experiment.load_world_model(iteration);
  const bool in_dream = at_iteration(training.in, iteration) == TrainIn::dream;
  StartStates starts;
  if (in_dream) {
    starts = experiment.load_start_states(iteration, StartSet::train);
  }
  Arena arena = in_dream ? Arena::dream(experiment, model, starts, config.dream.at(iteration), training.batch_size)
                         : Arena::game(experiment, model, training.batch_size);
  const auto episode_seeds = [&](int generation) {
    std::vector<std::uint64_t> seeds;
    for (int episode = 0; episode < training.episodes; ++episode) {
      const auto which = static_cast<std::uint64_t>(generation) * static_cast<std::uint64_t>(training.episodes) +
                         static_cast<std::uint64_t>(episode);
      seeds.push_back(
          training_game_seed(config.seed, Stream::controller_episode, static_cast<std::uint64_t>(iteration), which));
    }
    return seeds;
  };

  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({"train-controller", iteration, strategy.generation() + 1});
  Progress progress("train-controller " + std::to_string(iteration), "generations", generations, strategy.generation());
  double before = steady_seconds();
  evolve(strategy, arena.evaluator(), generations, episode_seeds, [&](const GenerationReport& report) {
    const double now = steady_seconds();
    const MetricsPlace place = {"train-controller", iteration, report.generation};
    metrics.write(place, {{"mean_fitness", report.mean_fitness},
                          {"best_fitness", report.best_fitness},
                          {"worst_fitness", report.worst_fitness},
                          {"mean_length", report.mean_length},
                          {"sigma", strategy.sigma()}});
    metrics.histogram(place, "parameters", strategy.mean());
    progress.update(report.generation,
                    str("fitness ", report.mean_fitness, ", best ", report.best_fitness, ", sigma ", strategy.sigma(),
                        ", ", static_cast<int>(static_cast<double>(report.steps) / (now - before)), " steps/s"));
    before = now;
    const bool due = report.generation % training.checkpoint_every == 0 || report.generation == generations;
    if (due) {  // a stop makes no controller of its own: later choices among them must not depend on it
      save_controller();
    }
    if (due || stop_requested()) {
      save_search();
    }
    if (stop_requested()) {
      throw Stopped();
    }
  });
  choose_controller(experiment, iteration);
}

}  // namespace reverie
