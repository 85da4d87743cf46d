#include "experiments/stages/controller_search_factory.h"

#include "agent/learn/evolution.h"
#include "agent/learn/imagination.h"
#include "agent/learn/ppo.h"

namespace reverie {

std::optional<Arena> make_search_arena(const Experiment& experiment, const ExperimentConfig& config,
                                       const WorldModel& model, const StartStates& starts) {
  const TrainControllerConfig& training = config.train_controller;
  if (training.method == TrainMethod::imagination) {
    return std::nullopt;
  }
  const int environments =
      training.method == TrainMethod::policy_gradient ? training.policy_gradient.shards : experiment.pool->size();
  return training.in == TrainIn::dream
             ? Arena::dream(experiment, model, starts, config.dream, training.batch_size, environments)
             : Arena::game(experiment, model, training.batch_size, environments, make_game_factory(config.game));
}

std::unique_ptr<ControllerSearch> make_controller_search(const Experiment& experiment, const ExperimentConfig& config,
                                                         const WorldModel& model, const StartStates& starts,
                                                         std::optional<Arena>& arena, const SearchTask& task) {
  const TrainControllerConfig& training = config.train_controller;
  if (training.method == TrainMethod::imagination) {
    const Imagination::Place place{model, starts, config.dream, experiment.game.actions, training.batch_size};
    return std::make_unique<Imagination>(training.imagination, config.controller, *experiment.pool,
                                         model.features(starts.states), place, task);
  }
  if (training.method == TrainMethod::policy_gradient) {
    return std::make_unique<Ppo>(training.policy_gradient, config.controller, *experiment.pool,
                                 model.features(starts.states), arena->environments(), task);
  }
  return std::make_unique<Evolution>(training.cma_es, training.episodes, arena->evaluator(), task);
}

}  // namespace reverie
