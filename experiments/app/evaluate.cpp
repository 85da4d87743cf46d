// evaluate: how good is a run's controller, in the game or in its dream?
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"

namespace reverie {

int newest_complete_iteration(const Experiment& experiment) {
  int newest_begun = -1;
  const std::vector<int> iterations = experiment.run.iterations();
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    const std::vector<int> saved = experiment.run.generations(*k);
    if (!saved.empty() && saved.back() >= at_iteration(experiment.config.train_controller.generations, *k)) {
      return *k;
    }
    newest_begun = saved.empty() ? newest_begun : std::max(newest_begun, *k);
  }
  if (newest_begun >= 0) {
    return newest_begun;
  }
  throw Error(ErrorKind::data, str(experiment.run.folder().string(),
                                   ": expected a trained controller, found none: run `reverie train` first"));
}

std::vector<EpisodeResult> play_in_dream(const Experiment& experiment, const VaeMdnRnn& model, int iteration,
                                         const std::vector<double>& parameters, bool starts_any, int horizon,
                                         const std::vector<std::uint64_t>& seeds, std::optional<double> temperature) {
  const StartStates starts = experiment.load_start_states(model, iteration, StartSet::held_out);
  DreamConfig dream = experiment.config.dream.dream;
  dream.temperature = temperature.value_or(dream.temperature);
  dream.horizon = horizon;
  dream.starts.first_share = starts_any ? 0.0 : 1.0;
  dream.starts.any_share = starts_any ? 1.0 : 0.0;
  dream.pay_cap.window = 0;  // the cap teaches; a score counts everything the dream promises
  return Arena::dream(experiment, model, starts, dream, experiment.config.train_controller.batch_size)
      .play(parameters, seeds);
}

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
    const SavedController controller = experiment.load_controller(iteration, options.generation.value_or(-1));
    generation = controller.generation;
    const std::vector<double> parameters =
        options.policy == "zero" ? std::vector<double>(controller.parameters.size(), 0.0) : controller.parameters;
    const VaeMdnRnn model = experiment.load_world_model(iteration);
    results = options.in_dream
                  ? play_in_dream(experiment, model, iteration, parameters, options.starts_any, horizon, seeds)
                  : Arena::game(experiment, model, experiment.config.evaluate.batch_size).play(parameters, seeds);
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
      options.in_dream ? nlohmann::ordered_json(experiment.config.dream.dream.temperature) : nlohmann::ordered_json();
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
