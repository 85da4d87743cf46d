#include "experiments/scoring/arena.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "agent/rollout_worker.h"
#include "env/error.h"
#include "experiments/models/model_family.h"
#include "experiments/run/equipment.h"

namespace reverie {

namespace {

// The helper's: the run as it was sent, and the arena in it.
class ArenaEquipment : public Equipment {
 public:
  ArenaEquipment(MessageReader& context, WorkerPool& pool)
      : experiment_(sent_experiment(context, pool)),
        model_(load_world_model(experiment_, take_source(context))),
        in_dream_(context.take<bool>()),
        batch_size_(context.take_within("batch size", 1, 100000)),
        starts_(in_dream_ ? take_start_states(context) : StartStates{}),
        arena_(in_dream_ ? Arena::dream(experiment_, *model_, starts_, experiment_.config.dream, batch_size_)
                         : Arena::game(experiment_, *model_, batch_size_)),
        players_(pool, arena_.environments(), experiment_.config.controller) {}

  void begin(MessageReader& common) override { players_.begin(common); }
  void work(TaskSource& tasks, int worker) override { players_.work(tasks, worker); }

 private:
  Experiment experiment_;
  std::unique_ptr<WorldModel> model_;
  bool in_dream_;
  int batch_size_;
  StartStates starts_;
  Arena arena_;
  EvaluatorEquipment players_;
};

}  // namespace

std::unique_ptr<Equipment> take_arena(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<ArenaEquipment>(context, pool);
}

Arena Arena::game(const Experiment& experiment, const ModelHere& model, int batch_size, int num_environments,
                  const GameConfig* game) {
  Arena arena;
  const int count = num_environments > 0 ? num_environments : experiment.pool->size();
  const RowSubset subset = EncodedEnvironment::try_rows(model.model, batch_size);
  const WorldModelSpec& spec = model.model.spec();
  for (int i = 0; i < count; ++i) {
    arena.games_.push_back(
        std::make_unique<BatchEnvironment>(game != nullptr ? make_game_factory(*game) : experiment.make_game,
                                           batch_size, spec.frame_height, spec.frame_width));
    arena.environments_.push_back(std::make_unique<EncodedEnvironment>(*arena.games_.back(), model.model, subset));
  }
  Equipped helpers;
  if (model.source && num_environments == 0) {
    ExperimentConfig config = experiment.config;
    config.game = game != nullptr ? *game : config.game;
    helpers =
        equip(experiment, kArenaEquipment, config, files_of(experiment, *model.source), [&](MessageWriter& message) {
          put_source(message, *model.source);
          message.put(false);
          message.put(batch_size);
        });
  }
  arena.finish(experiment, std::move(helpers));
  return arena;
}

Arena Arena::dream(const Experiment& experiment, const ModelHere& model, const StartStates& starts,
                   const DreamConfig& config, int batch_size, int num_environments) {
  Arena arena;
  const int count = num_environments > 0 ? num_environments : experiment.pool->size();
  const RowSubset subset = DreamEnvironment::try_rows(model.model, batch_size);
  for (int i = 0; i < count; ++i) {
    arena.environments_.push_back(
        std::make_unique<DreamEnvironment>(model.model, starts, config, experiment.game.action_low,
                                           experiment.game.action_high, subset, experiment.game.actions));
  }
  Equipped helpers;
  if (model.source && num_environments == 0) {
    ExperimentConfig of_dream = experiment.config;
    of_dream.dream = config;
    helpers =
        equip(experiment, kArenaEquipment, of_dream, files_of(experiment, *model.source), [&](MessageWriter& message) {
          put_source(message, *model.source);
          message.put(true);
          message.put(batch_size);
          put_start_states(message, starts);
        });
  }
  arena.finish(experiment, std::move(helpers));
  return arena;
}

std::vector<FeatureEnvironment*> Arena::environments() const {
  std::vector<FeatureEnvironment*> environments;
  for (const auto& environment : environments_) {
    environments.push_back(environment.get());
  }
  return environments;
}

void Arena::finish(const Experiment& experiment, Equipped helpers) {
  evaluator_ = std::make_unique<ParallelEvaluator>(*experiment.pool, environments(), experiment.config.controller,
                                                   std::move(helpers));
}

std::vector<EpisodeResult> Arena::play(const SavedPolicy& policy, const std::vector<std::uint64_t>& seeds) {
  const EvaluationJob job{policy, seeds};
  return evaluator_->evaluate({&job, 1}).front();
}

namespace {

// The random policy of a config in the game, a batch for each thread.
class RandomPlayer {
 public:
  RandomPlayer(const Experiment& experiment, const RandomPolicyConfig& policy)
      : experiment_(experiment), policy_(policy), batch_size_(experiment.config.evaluate.batch_size) {
    if (policy_.kind == RandomPolicyKind::random_network) {
      untrained_ = family_of(experiment.config).untrained(experiment);
      subset_ = EncodedEnvironment::try_rows(*untrained_, batch_size_);
    }
  }

  void play(EpisodeQueue& queue, std::span<EpisodeResult> results,
            const std::function<void(int, const EpisodeResult&)>& on_result = {}) const {
    const std::uint64_t policy_seed = derive_seed(experiment_.config.seed, Stream::evaluate_policy);
    BatchEnvironment game(experiment_.make_game, batch_size_, experiment_.config.model.config->frame_height(),
                          experiment_.config.model.config->frame_width());
    if (!untrained_) {
      const auto policy = make_random_policy<std::uint8_t>(policy_, game.spec(), policy_seed);
      rollout_task<std::uint8_t>(*experiment_.pool, game, *policy, queue, results, on_result);
      return;
    }
    EncodedEnvironment encoded(game, *untrained_, *subset_);
    const auto policy = make_random_policy<float>(policy_, encoded.spec(), policy_seed, experiment_.config.controller);
    rollout_task<float>(*experiment_.pool, encoded, *policy, queue, results, on_result);
  }

 private:
  const Experiment& experiment_;
  RandomPolicyConfig policy_;
  int batch_size_;
  std::unique_ptr<WorldModel> untrained_;  // whose features a random network sees
  std::optional<RowSubset> subset_;
};

class RandomEquipment : public Equipment {
 public:
  RandomEquipment(MessageReader& context, WorkerPool& pool)
      : experiment_(sent_experiment(context, pool)), player_(experiment_, experiment_.config.collect.random) {}

  void work(TaskSource& tasks, int) override {
    SentEpisodes sent(tasks, tasks.num_tasks());
    player_.play(sent.queue(), sent.results(),
                 [&](int index, const EpisodeResult& result) { sent.done(index, result); });
  }

 private:
  Experiment experiment_;
  RandomPlayer player_;
};

}  // namespace

std::unique_ptr<Equipment> take_random_player(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<RandomEquipment>(context, pool);
}

std::vector<EpisodeResult> play_random(const Experiment& experiment, const RandomPolicyConfig& policy,
                                       const std::vector<std::uint64_t>& seeds) {
  ExperimentConfig config = experiment.config;
  config.collect.random = policy;
  const Equipped helpers = equip(experiment, kRandomEquipment, config, {});
  const int workers = experiment.pool->size();
  std::vector<EpisodeResult> results(seeds.size());
  EpisodeQueue queue(std::span<const std::uint64_t>(seeds), helpers.threads(workers));
  const RandomPlayer player(experiment, policy);
  const auto next = [&] { return queue.next_place(); };
  const auto play = [&](int) { player.play(queue, results); };
  Team::run_workers(*experiment.pool, workers, queue.size(), next, play,
                    episodes_elsewhere(helpers, queue, results, config.evaluate.batch_size));
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
