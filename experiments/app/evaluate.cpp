// evaluate: how good is a run's controller, in the game or in its dream?
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/models/saved.h"
#include "experiments/models/tokens.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/stages/stages.h"

namespace reverie {
namespace {

// A run that has its summary.json keeps it: it may come from other weights or another machine than these scores.
void closing_table(const EvaluateOptions& options) {
  Experiment experiment = Experiment::open(options.run, options.overrides);
  experiment.share();
  const std::filesystem::path path = experiment.run.summary();
  const bool writes = !std::filesystem::exists(path);
  if (writes) {
    check_writable(path);  // now, not after all the playing
  }
  const nlohmann::ordered_json table = play_closing_table(experiment);
  if (writes) {
    write_json(path, table);
  }
  std::cerr << (writes ? "wrote " : "left as it was: ") << path.string() << "\n";
  if (options.json) {
    std::cout << table.dump() << "\n";
  }
}

}  // namespace

void evaluate(const EvaluateOptions& options) {
  if (options.closing) {
    closing_table(options);
    return;
  }
  const Experiment experiment = Experiment::open(options.run, options.overrides);
  experiment.share();
  const EvaluateConfig& usual = experiment.config.evaluate;
  const std::uint64_t seed = options.seed.value_or(usual.seed);
  const std::vector<std::uint64_t> seeds = evaluation_seeds(seed, options.num_episodes.value_or(usual.episodes));
  const bool plans = options.policy == "planner";
  const bool plays_features = plans || options.policy == "controller" || options.policy == "zero";
  if (options.in_dream && !plays_features) {
    throw Error(ErrorKind::usage,
                str("--policy ", options.policy, ": expected controller, planner or zero in a dream"));
  }
  int iteration = -1, generation = -1;
  const int horizon = options.horizon.value_or(experiment.game.max_episode_steps);
  std::vector<EpisodeResult> results;
  if (plays_features) {
    SavedPolicy policy;
    if (plans) {
      iteration = options.iteration.value_or(newest_iteration_with_model(experiment));
      const ExperimentConfig now = experiment.config.at(iteration);
      policy = planner_of(experiment, now.planner, now.dream, iteration);
    } else {
      iteration = options.iteration.value_or(newest_complete_iteration(experiment));
      const SavedController controller = load_controller(experiment, iteration, options.generation.value_or(-1));
      generation = controller.generation;
      policy = options.policy == "zero" ? zeroed(controller.policy) : controller.policy;
    }
    const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
    results = options.in_dream
                  ? play_in_dream(experiment, *model, iteration, policy, options.starts_any, horizon, seeds)
                  : Arena::game(experiment, {*model, {iteration}}, usual.batch_size).play(policy, seeds);
  } else {
    RandomPolicyConfig policy = experiment.config.collect.random;
    if (options.policy == "constant") {
      policy.kind = RandomPolicyKind::constant;
      policy.action = options.action;
    }
    results = play_random(experiment, policy, seeds);
  }

  const Score score = score_of(results);
  const double standard_error = score.deviation / std::sqrt(score.count);
  const int batch_size = options.in_dream ? experiment.config.train_controller.batch_size : usual.batch_size;
  nlohmann::ordered_json json = {{"in", options.in_dream ? "dream" : "game"},
                                 {"policy", options.policy},
                                 {"episodes", score.count},
                                 {"seed", seed},
                                 {"mean", score.mean},
                                 {"std", score.deviation},
                                 {"standard_error", standard_error},
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
    json["batch_size"] = batch_size;
    json["iteration"] = iteration;
    if (!plans) {
      json["generation"] = generation;
    }
  }
  if (options.in_dream) {
    json["starts"] = options.starts_any ? "any" : "first";
    json["horizon"] = horizon;
  }
  std::cerr << options.policy << " in the " << (options.in_dream ? "dream" : "game") << ": " << score.mean << " +- "
            << score.deviation << " (standard error " << standard_error << ") over " << score.count << " episodes, "
            << score.min << " to " << score.max << ", " << score.mean_length << " steps each; seeds " << seeds.front()
            << " to " << seeds.back();
  if (plays_features) {
    std::cerr << ", batches of " << batch_size << ", " << to_string(experiment.config.precision);
  }
  std::cerr << "\n";
  if (options.json) {
    std::cout << json.dump() << "\n";
  }
}

}  // namespace reverie
