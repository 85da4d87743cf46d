#include "experiments/scoring/arena.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "agent/rollout_worker.h"
#include "env/error.h"
#include "experiments/models/model_family.h"

namespace reverie {

std::unique_ptr<Evaluator> make_evaluator(const Experiment& experiment,
                                          const std::vector<FeatureEnvironment*>& environments) {
  return std::make_unique<ParallelEvaluator>(*experiment.pool, environments, experiment.config.controller);
}

Arena Arena::game(const Experiment& experiment, const WorldModel& model, int batch_size, int num_environments,
                  const GameFactory& make_game) {
  Arena arena;
  const int count = num_environments > 0 ? num_environments : experiment.pool->size();
  const RowSubset subset = EncodedEnvironment::try_rows(model, batch_size);
  for (int i = 0; i < count; ++i) {
    arena.games_.push_back(std::make_unique<BatchEnvironment>(make_game ? make_game : experiment.make_game, batch_size,
                                                              model.spec().frame_height, model.spec().frame_width));
    arena.environments_.push_back(std::make_unique<EncodedEnvironment>(*arena.games_.back(), model, subset));
  }
  arena.finish(experiment);
  return arena;
}

Arena Arena::dream(const Experiment& experiment, const WorldModel& model, const StartStates& starts,
                   const DreamConfig& config, int batch_size, int num_environments) {
  Arena arena;
  const int count = num_environments > 0 ? num_environments : experiment.pool->size();
  const RowSubset subset = DreamEnvironment::try_rows(model, batch_size);
  for (int i = 0; i < count; ++i) {
    arena.environments_.push_back(std::make_unique<DreamEnvironment>(model, starts, config, experiment.game.action_low,
                                                                     experiment.game.action_high, subset,
                                                                     experiment.game.actions));
  }
  arena.finish(experiment);
  return arena;
}

std::vector<FeatureEnvironment*> Arena::environments() const {
  std::vector<FeatureEnvironment*> environments;
  for (const auto& environment : environments_) {
    environments.push_back(environment.get());
  }
  return environments;
}

void Arena::finish(const Experiment& experiment) {
  evaluator_ = make_evaluator(experiment, environments());
}

std::vector<EpisodeResult> Arena::play(const SavedPolicy& policy, const std::vector<std::uint64_t>& seeds) {
  const EvaluationJob job{policy, seeds};
  return evaluator_->evaluate({&job, 1}).front();
}

std::vector<EpisodeResult> play_random(const Experiment& experiment, const RandomPolicyConfig& policy_config,
                                       const std::vector<std::uint64_t>& seeds) {
  const int workers = experiment.pool->size();
  const int batch_size = experiment.config.evaluate.batch_size;
  const std::uint64_t policy_seed = derive_seed(experiment.config.seed, Stream::evaluate_policy);
  std::vector<EpisodeResult> results(seeds.size());
  EpisodeQueue queue(std::span<const std::uint64_t>(seeds), workers);
  std::unique_ptr<WorldModel> untrained;  // whose features a random network sees
  std::optional<RowSubset> subset;
  if (policy_config.kind == RandomPolicyKind::random_network) {
    untrained = family_of(experiment.config).untrained(experiment);
    subset = EncodedEnvironment::try_rows(*untrained, batch_size);
  }
  experiment.pool->run(workers, [&](int, int) {
    BatchEnvironment game(experiment.make_game, batch_size, experiment.config.model.config->frame_height(),
                          experiment.config.model.config->frame_width());
    if (!untrained) {
      const auto policy = make_random_policy<std::uint8_t>(policy_config, game.spec(), policy_seed);
      rollout_task<std::uint8_t>(*experiment.pool, game, *policy, queue, results);
      return;
    }
    EncodedEnvironment encoded(game, *untrained, *subset);
    const auto policy =
        make_random_policy<float>(policy_config, encoded.spec(), policy_seed, experiment.config.controller);
    rollout_task<float>(*experiment.pool, encoded, *policy, queue, results);
  });
  return results;
}

Score score_of(const std::vector<EpisodeResult>& results) {
  REVERIE_CHECK(results.size(), >, 0u);
  Score score;
  score.count = static_cast<int>(results.size());
  score.min = score.max = results.front().episode_return;
  for (const EpisodeResult& result : results) {
    score.mean += result.episode_return / score.count;
    score.mean_length += static_cast<double>(result.episode_length) / score.count;
    score.min = std::min(score.min, result.episode_return);
    score.max = std::max(score.max, result.episode_return);
  }
  double square = 0.0;
  for (const EpisodeResult& result : results) {
    square += (result.episode_return - score.mean) * (result.episode_return - score.mean);
  }
  score.deviation = score.count > 1 ? std::sqrt(square / (score.count - 1)) : 0.0;
  return score;
}

std::vector<std::uint64_t> evaluation_seeds(std::uint64_t first, int count) {
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(count));
  if (first > kFirstTrainingSeed - seeds.size()) {
    throw Error(ErrorKind::usage,
                str("evaluation seeds: expected ", count, " from at most ", kFirstTrainingSeed - seeds.size(),
                    " on, found ", first, ": seeds from ", kFirstTrainingSeed, " on are for training"));
  }
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    seeds[i] = first + i;
  }
  return seeds;
}

}  // namespace reverie
