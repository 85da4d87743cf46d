// train-controller: C learns in the dream (or in the game); evolution starts from the last iteration's C.
#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "experiments/stages/controller_search_factory.h"
#include "experiments/stages/stages.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {
namespace {

// The moments where dreams begin: many from the training episodes; first frames of the held-out ones, for scoring.
void make_start_states(const Experiment& experiment, int iteration) {
  if (has_start_states(experiment, iteration)) {
    return;
  }
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const EpisodeStore episodes = experiment.episodes(iteration);
  const std::unique_ptr<EmbeddedEpisodes> source =
      family_of(experiment.config).embedded(experiment, *model, episodes, iteration);
  const int count = experiment.config.train_controller.num_start_states;
  const auto on_step = [&] { experiment.pool->throw_if_ending(); };
  const std::uint64_t seed = experiment.config.seed;
  const StartStates train = record_start_states(*model, *source, episodes.train(), count, seed, on_step);
  const StartStates held_out =
      record_start_states(*model, *source, episodes.held_out(), std::max(1, count / 10), seed, on_step);
  save_start_states(experiment, iteration, train, held_out);
}

void train_controller_iteration(Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const TrainControllerConfig& training = config.train_controller;
  const std::string model_id = model_identity(experiment, iteration), identity_key = family_of(config).identity_key();
  const std::filesystem::path folder = experiment.run.controller(iteration);
  const std::filesystem::path checkpoint = folder / "search.safetensors";
  make_folder(folder);
  make_start_states(experiment, iteration);  // the dream is looked at even where C learns in the game

  const int generations = training.generations;
  std::map<std::string, std::string> begun;  // metadata of the search's checkpoint
  if (std::filesystem::exists(checkpoint)) {
    begun = read_tensor_metadata(checkpoint, kCheckpointKind);
  }
  const bool goes_on = !begun.empty() && take_metadata(begun, checkpoint, identity_key) == model_id;
  if (goes_on && take_number<int>(begun, checkpoint, "generation") >= generations) {
    choose_controller(experiment, config, iteration);
    return;
  }

  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const StartStates starts = load_start_states(experiment, *model, iteration, StartSet::train);
  SearchTask task;
  task.run_seed = config.seed;
  task.draw_index = static_cast<std::uint64_t>(iteration);
  task.generations = generations;
  task.start.assign(static_cast<std::size_t>(num_controller_parameters(experiment)), 0.0);
  // A policy gradient starts from zero where the features have changed: a controller for other features slows it down.
  const bool same_features = !config.model.config->learns();
  const bool goes_on_imagining = training.method == TrainMethod::imagination && training.continue_search;
  const bool usual = training.method == TrainMethod::evolution || goes_on_imagining || same_features;
  const bool begins_with_last =
      iteration > 0 && (training.begin == SearchBegin::last || (training.begin == SearchBegin::automatic && usual));
  if (begins_with_last) {
    task.start = controller_parameters(load_controller(experiment, iteration - 1, -1).policy);
  }
  const ModelHere here(*model, {iteration});
  std::optional<Arena> arena = make_search_arena(experiment, config, here, starts);
  const std::unique_ptr<ControllerSearch> search =
      make_controller_search(experiment, config, here, starts, arena, task);
  if (iteration > 0 && training.continue_search) {
    search->continue_from(
        read_tensor_file(experiment.run.controller(iteration - 1) / "search.safetensors", kCheckpointKind).tensors);
  }
  if (goes_on) {
    search->load(read_tensor_file(checkpoint, kCheckpointKind).tensors);
  }
  const auto save_newest = [&] { save_controller(experiment, iteration, {search->policy(), search->generation()}); };
  const auto save_search = [&] {
    TensorFile state;
    state.tensors = search->save();
    state.metadata[identity_key] = model_id;
    state.metadata["generation"] = std::to_string(search->generation());
    check_finite(state.tensors, str("train-controller: the search after generation ", search->generation()));
    write_tensor_file(checkpoint, kCheckpointKind, state);
  };
  if (search->generation() == 0) {  // removes controllers that were made with another model, too
    for (const int old : experiment.run.generations(iteration)) {
      std::filesystem::remove(experiment.run.generation(iteration, old));
    }
    std::filesystem::remove(experiment.run.chosen(iteration));
    // The controller that the search starts from can be chosen too, so that a bad search does no harm.
    if (task.generations == 0 || (begins_with_last && training.choose_episodes > 0)) {
      save_newest();
    }
    if (task.generations == 0) {
      save_search();
    }
  }
  if (search->generation() >= task.generations) {
    choose_controller(experiment, config, iteration);
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
    for (const auto& [name, tensor] : search->policy().tensors) {
      metrics.histogram(place, name, tensor.values);
    }
    std::string more;
    for (const auto& [name, value] : report.more) {
      more += str(", ", name, " ", value);
    }
    const bool due = report.generation % training.checkpoint_every == 0 || report.generation == task.generations;
    if (due) {  // a stop saves no checkpoint: the choice among checkpoints must not depend on when a run was stopped
      save_newest();
    }
    const bool stops = stop_requested();
    if (due || stops) {
      save_search();
    }
    progress.update(report.generation,  // after everything is saved: printing may fail or block
                    str("mean_fitness ", report.mean_fitness, more, ", ",
                        static_cast<int>(static_cast<double>(report.steps) / (now - before)), " steps/s"));
    before = now;
    if (stops) {
      throw Stopped();
    }
  }
  choose_controller(experiment, config, iteration);
}

}  // namespace

Stage train_controller_stage() {
  Stage stage;
  stage.name = "train-controller";
  stage.help = "searches C in the dream, or in the game";
  stage.sections = {"controller", "dream", "train_controller"};
  stage.amount = [](const ExperimentConfig& config) -> int { return config.train_controller.generations; };
  stage.inputs = [](const Experiment& experiment, int iteration) {
    return std::map<std::string, std::string>{{"model", model_identity(experiment, iteration)}};
  };
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig& config,
                     int iteration) -> std::vector<std::filesystem::path> {
    return {experiment.run.start_states(iteration),
            experiment.run.generation(iteration, config.train_controller.generations)};
  };
  stage.run = train_controller_iteration;
  return stage;
}

}  // namespace reverie
