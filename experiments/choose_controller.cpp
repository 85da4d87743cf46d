// Which of the saved generations is the iteration's controller: the one that does best in dreams from held-out moments.
// The last one is a draw of a noisy search; more dreams than a generation can afford tell the better ones apart.
#include <cmath>
#include <nlohmann/json.hpp>

#include "experiments/arena.h"
#include "experiments/progress.h"
#include "experiments/stages.h"
#include "experiments/stop_flag.h"

namespace reverie {

void choose_controller(const Experiment& experiment, int iteration) {
  const int episodes = experiment.config.train_controller.choose_episodes;
  const std::vector<int> saved = experiment.run.generations(iteration);
  if (episodes == 0 || at_iteration(experiment.config.train_controller.in, iteration) == TrainIn::game ||
      saved.size() < 2 || std::filesystem::exists(experiment.run.chosen(iteration))) {
    return;
  }
  const VaeMdnRnn model = experiment.load_world_model(iteration);
  const StartStates starts = experiment.load_start_states(iteration, StartSet::held_out);
  DreamConfig dream = experiment.config.dream.at(iteration);
  dream.horizon = experiment.game.max_episode_steps;  // C may learn from short dreams; whole lives tell it from others
  Arena arena = Arena::dream(experiment, model, starts, dream, experiment.config.train_controller.batch_size);
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < episodes; ++i) {  // the same dreams for each
    seeds.push_back(training_game_seed(experiment.config.seed, Stream::evaluate_dream,
                                       static_cast<std::uint64_t>(iteration), static_cast<std::uint64_t>(i)));
  }
  Metrics metrics(experiment.run.metrics());
  metrics.resume_at({"choose-controller", iteration, 0});
  Progress progress("choose-controller " + std::to_string(iteration), "controllers",
                    static_cast<std::int64_t>(saved.size()));
  int chosen = saved.back();
  double best = 0.0;
  for (std::size_t i = 0; i < saved.size(); ++i) {
    const int generation = saved[i];
    const Score score = score_of(arena.play(experiment.load_controller(iteration, generation).parameters, seeds));
    metrics.write({"choose-controller", iteration, generation},
                  {{"dream_return", score.mean}, {"standard_error", score.deviation / std::sqrt(score.count)}});
    if (i == 0 || score.mean > best) {
      best = score.mean;
      chosen = generation;
    }
    progress.update(static_cast<std::int64_t>(i) + 1, str("generation ", generation, ": ", score.mean));
    if (stop_requested()) {
      throw Stopped();
    }
  }
  write_json(experiment.run.chosen(iteration), {{"generation", chosen}, {"dream_return", best}});
}

}  // namespace reverie
