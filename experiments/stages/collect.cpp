// collect: plays the game and records it. In iteration 0 the random policy plays, later mostly the newest controllers,
// with noise on their actions, so that the data hold mistakes and recoveries from them.
#include <mutex>
#include <numeric>
#include <optional>

#include "agent/noisy_policy.h"
#include "agent/plan/cem_planner.h"
#include "agent/policy_roster.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/run/progress.h"
#include "experiments/run/stop_flag.h"
#include "experiments/scoring/recorder.h"
#include "experiments/stages/stages.h"
#include "worldmodel/encoded_environment.h"

namespace reverie {
namespace {

bool is_random(const ExperimentConfig& config, int iteration, int episode) {
  Rng rng(derive_seed(config.seed, Stream::collect_policy, static_cast<std::uint64_t>(iteration),
                      static_cast<std::uint64_t>(episode) + 1));  // 0 is the policies'
  return iteration == 0 || rng.uniform_double() < config.collect.random_share;
}

bool is_planned(const ExperimentConfig& config, int iteration, int episode) {
  Rng rng(derive_seed(config.seed, Stream::plan, static_cast<std::uint64_t>(iteration),
                      static_cast<std::uint64_t>(episode)));
  return rng.uniform_double() < config.collect.planner_share;
}

// The features that a random network acts on: those of an untrained world model, made once for all threads.
struct UntrainedEyes {
  std::unique_ptr<WorldModel> model;  // null for the other kinds of random policy
  std::optional<RowSubset> subset;

  explicit UntrainedEyes(const ExperimentConfig& config, const Experiment& experiment) {
    if (config.collect.random.kind == RandomPolicyKind::random_network) {
      model = family_of(config).untrained(experiment);
      subset = EncodedEnvironment::try_rows(*model, config.collect.batch_size);
    }
  }
};

// One thread's part: plays what it gets from the queue.
class Player {
 public:
  Player(const Experiment& experiment, const ExperimentConfig& config, int iteration)
      : experiment_(experiment),
        config_(config),
        policy_seed_(derive_seed(config.seed, Stream::collect_policy, static_cast<std::uint64_t>(iteration))),
        game_(make_game_factory(config.game), config.collect.batch_size, config.model.config->frame_height(),
              config.model.config->frame_width(), config.collect.max_episode_steps) {}

  bool play_random(EpisodeQueue& queue, std::span<EpisodeResult> results, const UntrainedEyes& eyes,
                   const Recorder::Finished& on_episode) {
    const RandomPolicyConfig& random = config_.collect.random;
    Recorder recorder(game_, "random", on_episode, *experiment_.pool);
    if (!eyes.model) {
      const auto policy = make_random_policy<std::uint8_t>(random, game_.spec(), policy_seed_);
      return rollout(game_, *policy, queue, results, &recorder);
    }
    EncodedEnvironment encoded(game_, *eyes.model, *eyes.subset);
    const auto policy = make_random_policy<float>(random, encoded.spec(), policy_seed_, config_.controller);
    return rollout<float>(encoded, *policy, queue, results, &recorder);
  }

  // players take turns. who: what is recorded of them.
  bool play_policies(EpisodeQueue& queue, std::span<EpisodeResult> results, const WorldModel& model,
                     const RowSubset& subset, const std::vector<SavedPolicy>& players, const char* who,
                     const Recorder::Finished& on_episode) {
    EncodedEnvironment encoded(game_, model, subset);
    const EnvironmentSpec& spec = encoded.spec();
    PolicyRoster turns(encoded, config_.controller);
    std::vector<const SavedPolicy*> policies;
    for (const SavedPolicy& player : players) {
      policies.push_back(&player);
    }
    turns.set_players(policies, [count = policies.size()](const Episode& episode) {
      return static_cast<std::size_t>(episode.index) % count;
    });
    NoisyPolicy<float> exploring(turns, config_.collect.exploration, spec, policy_seed_);
    Recorder recorder(game_, who, on_episode, *experiment_.pool);
    return rollout<float>(encoded, exploring, queue, results, &recorder);
  }

 private:
  const Experiment& experiment_;
  const ExperimentConfig& config_;
  std::uint64_t policy_seed_;
  BatchEnvironment game_;
};

void collect_iteration(Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const std::filesystem::path folder = experiment.run.episodes(iteration);
  make_folder(folder);
  const int total = experiment.num_episodes(iteration);
  // Games that another run has not recorded already, where this one goes on with its data.
  const int draw = iteration + (experiment.origin ? experiment.origin->earlier_iterations : 0);
  std::vector<Episode> random, controlled, planned;
  for (int index = 0; index < total; ++index) {
    if (!std::filesystem::exists(episode_path(folder, index))) {
      const std::uint64_t seed = training_game_seed(config.seed, Stream::collect_game, static_cast<std::uint64_t>(draw),
                                                    static_cast<std::uint64_t>(index));
      std::vector<Episode>& played = is_random(config, iteration, index)    ? random
                                     : is_planned(config, iteration, index) ? planned
                                                                            : controlled;
      played.push_back({index, seed});
    }
  }
  const int missing = static_cast<int>(random.size() + controlled.size() + planned.size());
  Metrics metrics(experiment.run.metrics());
  if (missing == 0 && metrics.holds({"collect", iteration, total})) {  // a run from before stages were marked
    return;
  }
  Progress progress("collect " + std::to_string(iteration), "episodes", total, total - missing);
  std::mutex mutex;
  int done = total - missing;
  std::int64_t steps = 0;
  const auto on_episode = [&](int index, const RecordedEpisode& episode) {
    write_episode(folder, index, episode);
    const std::lock_guard lock(mutex);
    steps += episode.num_steps();
    progress.update(++done, str(steps, " steps"));
  };

  const int num_workers = experiment.pool->size();
  std::vector<EpisodeResult> results(static_cast<std::size_t>(total));
  bool finished = true;
  const auto play = [&](const std::vector<Episode>& episodes, const std::function<bool(Player&, EpisodeQueue&)>& with) {
    if (episodes.empty() || !finished) {
      return;
    }
    EpisodeQueue queue(episodes, num_workers);
    experiment.pool->run(num_workers, [&](int, int) {
      Player player(experiment, config, iteration);
      if (!with(player, queue)) {
        const std::lock_guard lock(mutex);
        finished = false;
      }
    });
  };
  if (!random.empty()) {
    const UntrainedEyes eyes(config, experiment);
    play(random,
         [&](Player& player, EpisodeQueue& queue) { return player.play_random(queue, results, eyes, on_episode); });
  }
  if (!controlled.empty() || !planned.empty()) {
    const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration - 1);
    const RowSubset subset = EncodedEnvironment::try_rows(*model, config.collect.batch_size);
    std::vector<SavedPolicy> controllers;
    if (!controlled.empty()) {
      for (const SavedController& saved : load_controllers(experiment, iteration - 1, config.collect.num_controllers)) {
        controllers.push_back(saved.policy);
      }
    }
    play(controlled, [&](Player& player, EpisodeQueue& queue) {
      return player.play_policies(queue, results, *model, subset, controllers, "controller", on_episode);
    });
    const ExperimentConfig then = experiment.config.at(iteration - 1);  // the model's own dreams
    const std::vector<SavedPolicy> planner = {planner_policy(config.planner, then.dream)};
    play(planned, [&](Player& player, EpisodeQueue& queue) {
      return player.play_policies(queue, results, *model, subset, planner, "planner", on_episode);
    });
  }
  if (!finished) {
    throw Stopped();
  }
  // From the files, for an earlier session may have played some of them.
  double sum = 0.0;
  std::int64_t recorded_steps = 0;
  std::vector<std::vector<float>> rewards(static_cast<std::size_t>(total));
  experiment.pool->run(total, [&](int index, int) {
    rewards[static_cast<std::size_t>(index)] = read_rewards(episode_path(folder, index));
  });
  for (const std::vector<float>& of_episode : rewards) {  // added in their order
    recorded_steps += static_cast<std::int64_t>(of_episode.size());
    sum = std::accumulate(of_episode.begin(), of_episode.end(), sum);
  }
  metrics.resume_at({"collect", iteration, 0});
  metrics.write({"collect", iteration, total},
                {{"steps", static_cast<double>(recorded_steps)}, {"mean_return", sum / total}});
}

}  // namespace

Stage collect_stage() {
  Stage stage;
  stage.name = "collect";
  stage.help = "plays the game and records it";
  stage.sections = {"game", "collect", "planner"};
  stage.amount = [](const ExperimentConfig& config) -> int { return config.collect.episodes; };
  stage.inputs = [](const Experiment&, int) { return std::map<std::string, std::string>(); };
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig&, int iteration) {
    std::vector<std::filesystem::path> files;
    for (int index = 0; index < experiment.num_episodes(iteration); ++index) {
      files.push_back(episode_path(experiment.run.episodes(iteration), index));
    }
    return files;
  };
  stage.run = collect_iteration;
  return stage;
}

}  // namespace reverie
