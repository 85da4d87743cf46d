// Chooses the iteration's controller among its checkpoints: the one with the highest mean return where C learnt, in
// dreams from held-out moments or in games that neither learning nor evaluation plays. The newest checkpoint is one
// sample of a noisy search. This plays more episodes than a generation does, enough to tell good ones from lucky ones.
#include <cmath>
#include <nlohmann/json.hpp>

#include "experiments/models/saved.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "experiments/scoring/arena.h"
#include "experiments/stages/stages.h"

namespace reverie {

void choose_controller(const Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const TrainControllerConfig& training = config.train_controller;
  const int episodes = training.choose_episodes;
  const std::vector<int> saved = experiment.run.generations(iteration);
  if (episodes == 0 || saved.size() < 2 || std::filesystem::exists(experiment.run.chosen(iteration))) {
    return;
  }
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const bool in_game = training.in == TrainIn::game;
  const StartStates starts =
      in_game ? StartStates{} : load_start_states(experiment, *model, iteration, StartSet::held_out);
  DreamConfig dream = config.dream;
  dream.horizon = experiment.game.max_episode_steps;  // C may learn from short dreams, but is scored on whole episodes
  const ModelHere here(*model, {iteration});
  Arena arena = in_game ? Arena::game(experiment, here, training.batch_size)
                        : Arena::dream(experiment, here, starts, dream, training.batch_size);
  const Stream stream = in_game ? Stream::evaluate_policy : Stream::evaluate_dream;
  const char* const score_name = in_game ? "game_return" : "dream_return";
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < episodes; ++i) {  // the same for each controller
    seeds.push_back(
        training_game_seed(config.seed, stream, static_cast<std::uint64_t>(iteration), static_cast<std::uint64_t>(i)));
  }
  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({"choose-controller", iteration, 0});
  Progress progress("choose-controller " + std::to_string(iteration), "controllers",
                    static_cast<std::int64_t>(saved.size()));
  int chosen = saved.back();
  double best = 0.0;
  for (std::size_t i = 0; i < saved.size(); ++i) {
    const int generation = saved[i];
    const Score score = score_of(arena.play(load_controller(experiment, iteration, generation).policy, seeds));
    metrics.write({"choose-controller", iteration, generation},
                  {{score_name, score.mean}, {"standard_error", score.deviation / std::sqrt(score.count)}});
    if (i == 0 || score.mean > best) {
      best = score.mean;
      chosen = generation;
    }
    progress.update(static_cast<std::int64_t>(i) + 1, str("generation ", generation, ": ", score.mean));
    if (stop_requested()) {
      throw Stopped();
    }
  }
  write_json(experiment.run.chosen(iteration), {{"generation", chosen}, {score_name, best}});
}

}  // namespace reverie
