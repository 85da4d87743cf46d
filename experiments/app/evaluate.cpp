// evaluate: how good is a run's controller, in the game or in its dream?
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/models/saved.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"

namespace reverie {

void evaluate(const EvaluateOptions& options) {
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  const std::vector<std::uint64_t> seeds = counting_seeds(options.seed, options.num_episodes);
  const bool plays_features = options.policy == "controller" || options.policy == "zero";
  if (options.in_dream && !plays_features) {
    throw Error(ErrorKind::usage, str("--policy ", options.policy, ": expected controller or zero in a dream"));
  }
  int iteration = -1, generation = -1;
  const int horizon = options.horizon.value_or(experiment.game.max_episode_steps);
  std::vector<EpisodeResult> results;
  if (plays_features) {
    iteration = options.iteration.value_or(newest_complete_iteration(experiment));
    const SavedController controller = load_controller(experiment, iteration, options.generation.value_or(-1));
    generation = controller.generation;
    const SavedPolicy policy = options.policy == "zero" ? zeroed(controller.policy) : controller.policy;
    const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
    results = options.in_dream
                  ? play_in_dream(experiment, *model, iteration, policy, options.starts_any, horizon, seeds)
                  : Arena::game(experiment, *model, experiment.config.evaluate.batch_size).play(policy, seeds);
  } else {
    RandomPolicyConfig policy = experiment.config.collect.random;
    if (options.policy == "constant") {
      policy.kind = RandomPolicyKind::constant;
      policy.action = options.action;
    }
    results = play_random(experiment, policy, seeds);
  }

  const Score score = score_of(results);
  nlohmann::ordered_json json = {{"in", options.in_dream ? "dream" : "game"},
                                 {"policy", options.policy},
                                 {"episodes", score.count},
                                 {"seed", options.seed},
                                 {"mean", score.mean},
                                 {"std", score.deviation},
                                 {"min", score.min},
                                 {"max", score.max}};
  for (const EpisodeResult& result : results) {
    json["returns"].push_back(result.episode_return);
    json["lengths"].push_back(result.episode_length);
  }
  json["temperature"] =
      options.in_dream ? nlohmann::ordered_json(experiment.config.dream.temperature) : nlohmann::ordered_json();
  json["precision"] = to_string(experiment.config.precision);
  if (plays_features) {
    json["iteration"] = iteration;
    json["generation"] = generation;
  }
  if (options.in_dream) {
    json["starts"] = options.starts_any ? "any" : "first";
    json["horizon"] = horizon;
  }
  std::cerr << options.policy << " in the " << (options.in_dream ? "dream" : "game") << ": " << score.mean << " +- "
            << score.deviation << " over " << score.count << " episodes (" << score.min << " to " << score.max << "), "
            << score.mean_length << " steps each\n";
  if (options.json) {
    std::cout << json.dump() << "\n";
  }
}

}  // namespace reverie
