// train-controller: C learns in the dream (or in the game); evolution starts from the last iteration's C.
#include "env/error.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/controller_search_factory.h"
#include "experiments/stages/stages.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/vae_mdn_rnn/latent_store.h"

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
  const auto on_step = [&] { experiment.pool->throw_if_ending(); };
  const StartStates train = record_start_states(model, store, episodes.train(), count, experiment.config.seed, on_step);
  const StartStates held_out =
      record_start_states(model, store, episodes.held_out(), std::max(1, count / 10), experiment.config.seed, on_step);
  save_start_states(path, train, held_out, id);
}

void train_controller_iteration(Experiment& experiment, int iteration) {
  const ExperimentConfig& config = experiment.config;
  const TrainControllerConfig& training = config.train_controller;
  const std::string model_id = experiment.mdn_rnn_id(iteration);
  const std::filesystem::path folder = experiment.run.controller(iteration);
  const std::filesystem::path checkpoint = folder / "search.safetensors";
  make_folder(folder);
  make_start_states(experiment, iteration);  // the dream is looked at even where C learns in the game

  const int generations = at_iteration(training.generations, iteration);
  std::map<std::string, std::string> begun;  // what the search's checkpoint says of itself
  if (std::filesystem::exists(checkpoint)) {
    begun = read_tensor_metadata(checkpoint, kCheckpointKind);
  }
  const bool goes_on = !begun.empty() && take_metadata(begun, checkpoint, "mdn_rnn") == model_id;
  if (goes_on && take_number<int>(begun, checkpoint, "generation") >= generations) {
    choose_controller(experiment, iteration);
    return;
  }

  const VaeMdnRnn model = experiment.load_world_model(iteration);
  const StartStates starts = experiment.load_start_states(model, iteration, StartSet::train);
  SearchTask task;
  task.run_seed = config.seed;
  task.draw_index = static_cast<std::uint64_t>(iteration);
  task.generations = generations;
  task.start.assign(static_cast<std::size_t>(experiment.num_controller_parameters()), 0.0);
  // A gradient finds a controller in a minute, and one that was found for other features only holds it back.
  const bool same_features = at_iteration(config.vae.training.epochs, iteration) == 0 &&
                             at_iteration(config.mdn_rnn.training.epochs, iteration) == 0;
  const bool begins_with_last = iteration > 0 && (training.method == TrainMethod::evolution || same_features);
  if (begins_with_last) {
    task.start = experiment.load_controller(iteration - 1, -1).parameters;
  }
  Arena arena =
      make_search_arena(experiment, model, starts, at_iteration(training.in, iteration), config.dream.at(iteration));
  const std::unique_ptr<ControllerSearch> search =
      make_controller_search(experiment, model, starts, arena, iteration, task);
  if (iteration > 0 && training.continue_search) {
    search->continue_from(
        read_tensor_file(experiment.run.controller(iteration - 1) / "search.safetensors", kCheckpointKind).tensors);
  }
  if (goes_on) {
    search->load(read_tensor_file(checkpoint, kCheckpointKind).tensors);
  }
  const auto save_controller = [&] {
    TensorFile file;
    file.tensors["parameters"] = torch::tensor(search->parameters(), torch::kFloat64);
    file.metadata["mdn_rnn"] = model_id;
    check_finite(file.tensors, str("train-controller: the controller of generation ", search->generation()));
    write_tensor_file(experiment.run.generation(iteration, search->generation()), kControllerKind, file);
  };
  const auto save_search = [&] {
    TensorFile state;
    state.tensors = search->save();
    state.metadata["mdn_rnn"] = model_id;
    state.metadata["generation"] = std::to_string(search->generation());
    check_finite(state.tensors, str("train-controller: the search after generation ", search->generation()));
    write_tensor_file(checkpoint, kCheckpointKind, state);
  };
  if (search->generation() == 0) {  // also forgets controllers of another model
    for (const int old : experiment.run.generations(iteration)) {
      std::filesystem::remove(experiment.run.generation(iteration, old));
    }
    // What it began with is among those to choose from, so that a search that spoils it costs nothing.
    if (task.generations == 0 || (begins_with_last && at_iteration(training.choose_episodes, iteration) > 0)) {
      save_controller();
    }
    if (task.generations == 0) {
      save_search();
    }
  }
  if (search->generation() >= task.generations) {
    choose_controller(experiment, iteration);
    return;
  }
  std::filesystem::remove(experiment.run.chosen(iteration));  // more generations are to be chosen from

  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({"train-controller", iteration, search->generation() + 1});
  Progress progress("train-controller " + std::to_string(iteration), "generations", task.generations,
                    search->generation());
  double before = steady_seconds();
  while (search->generation() < task.generations) {
    GenerationReport report;
    try {
      report = search->run_generation();
    } catch (const Stopped&) {  // in mid-generation: those before it are kept
      if (search->generation() > 0) {
        save_search();
      }
      throw;
    }
    const double now = steady_seconds();
    const MetricsPlace place = {"train-controller", iteration, report.generation};
    Measurements values = {{"mean_fitness", report.mean_fitness}, {"mean_length", report.mean_length}};
    values.insert(values.end(), report.more.begin(), report.more.end());
    metrics.write(place, values);
    metrics.histogram(place, "parameters", search->parameters());
    std::string more;
    for (const auto& [name, value] : report.more) {
      more += str(", ", name, " ", value);
    }
    progress.update(report.generation,
                    str("mean_fitness ", report.mean_fitness, more, ", ",
                        static_cast<int>(static_cast<double>(report.steps) / (now - before)), " steps/s"));
    before = now;
    const bool due = report.generation % training.checkpoint_every == 0 || report.generation == task.generations;
    if (due) {  // a stop makes no controller of its own: later choices among them must not depend on it
      save_controller();
    }
    if (due || stop_requested()) {
      save_search();
    }
    if (stop_requested()) {
      throw Stopped();
    }
  }
  choose_controller(experiment, iteration);
}

}  // namespace

Stage train_controller_stage() {
  Stage stage;
  stage.name = "train-controller";
  stage.help = "searches C in the dream, or in the game";
  stage.sections = {"controller", "dream", "train_controller"};
  stage.amount = [](const ExperimentConfig& config, int iteration) {
    return at_iteration(config.train_controller.generations, iteration);
  };
  stage.inputs = [](const Experiment& experiment, int iteration) {
    return std::map<std::string, std::string>{{"mdn_rnn", experiment.mdn_rnn_id(iteration)}};
  };
  stage.outputs = [](const Experiment& experiment, int iteration) -> std::vector<std::filesystem::path> {
    const int generations = at_iteration(experiment.config.train_controller.generations, iteration);
    return {experiment.run.start_states(iteration), experiment.run.generation(iteration, generations)};
  };
  stage.run = train_controller_iteration;
  return stage;
}

}  // namespace reverie
