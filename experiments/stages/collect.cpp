// collect: plays the game and records it. In iteration 0 the random policy plays, later mostly the newest controllers,
// with noise on their actions, so that the data hold mistakes and recoveries from them.
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>

#include "agent/noisy_policy.h"
#include "agent/plan/cem_planner.h"
#include "agent/policy_roster.h"
#include "agent/rollout_worker.h"
#include "env/atomic_file.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/models/tokens.h"
#include "experiments/run/equipment.h"
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

// What policies see through; none where they look at frames.
struct Eyes {
  std::shared_ptr<const WorldModel> model;
  std::optional<RowSubset> subset;

  Eyes() = default;
  Eyes(std::shared_ptr<const WorldModel> of, const ExperimentConfig& config)
      : model(std::move(of)), subset(EncodedEnvironment::try_rows(*model, config.collect.batch_size)) {}
};

// Those of a random network are an untrained world model.
Eyes random_eyes(const Experiment& experiment, const ExperimentConfig& config) {
  return config.collect.random.kind == RandomPolicyKind::random_network
             ? Eyes(family_of(config).untrained(experiment), config)
             : Eyes();
}

// What plays some episodes of an iteration, a batch for each thread: saved policies in turns, or the random one.
class Players {
 public:
  // config: with the amounts of the iteration. saved: empty for the random policy. who: what is recorded of them.
  Players(const Experiment& experiment, const ExperimentConfig& config, int iteration, Eyes eyes,
          std::vector<SavedPolicy> saved, std::string who)
      : experiment_(experiment),
        config_(config),
        policy_seed_(derive_seed(config.seed, Stream::collect_policy, static_cast<std::uint64_t>(iteration))),
        eyes_(std::move(eyes)),
        saved_(std::move(saved)),
        who_(std::move(who)) {}

  // One thread's part: plays what it gets from the queue. False where it was stopped.
  bool play(EpisodeQueue& queue, std::span<EpisodeResult> results, const Recorder::Finished& on_episode) const {
    BatchEnvironment game(make_game_factory(config_.game), config_.collect.batch_size,
                          config_.model.config->frame_height(), config_.model.config->frame_width(),
                          config_.collect.max_episode_steps);
    Recorder recorder(game, who_, on_episode, *experiment_.pool);
    if (!eyes_.model) {
      const auto policy = make_random_policy<std::uint8_t>(config_.collect.random, game.spec(), policy_seed_);
      return rollout(game, *policy, queue, results, &recorder);
    }
    EncodedEnvironment encoded(game, *eyes_.model, *eyes_.subset);
    if (is_random()) {
      const auto policy =
          make_random_policy<float>(config_.collect.random, encoded.spec(), policy_seed_, config_.controller);
      return rollout<float>(encoded, *policy, queue, results, &recorder);
    }
    PolicyRoster turns(encoded, config_.controller);
    std::vector<const SavedPolicy*> policies;
    for (const SavedPolicy& policy : saved_) {
      policies.push_back(&policy);
    }
    turns.set_players(policies, [count = policies.size()](const Episode& episode) {
      return static_cast<std::size_t>(episode.index) % count;
    });
    NoisyPolicy<float> exploring(turns, config_.collect.exploration, encoded.spec(), policy_seed_);
    return rollout<float>(encoded, exploring, queue, results, &recorder);
  }

  bool is_random() const { return saved_.empty(); }
  void put(MessageWriter& message) const {
    message.put_text(who_);
    message.put(static_cast<std::uint64_t>(saved_.size()));
    for (const SavedPolicy& policy : saved_) {
      put_policy(message, policy);
    }
  }

 private:
  const Experiment& experiment_;
  const ExperimentConfig& config_;
  std::uint64_t policy_seed_;
  Eyes eyes_;
  std::vector<SavedPolicy> saved_;
  std::string who_;
};

// The helper's side. Context: the run with the iteration's config, the iteration, how many episodes it has, and who
// plays. A task's message is an episode, its result the number of its steps and the bytes of its file.
class CollectEquipment : public Equipment {
 public:
  CollectEquipment(MessageReader& context, WorkerPool& pool) : experiment_(sent_experiment(context, pool)) {
    const ExperimentConfig& config = experiment_.config;
    const int iteration = context.take<int>();
    num_episodes_ = context.take_within("episodes", 1, 1000000);
    const std::string who = context.take_text();
    std::vector<SavedPolicy> saved;
    for (auto left = context.take<std::uint64_t>(); left > 0; --left) {
      saved.push_back(take_policy(context));
    }
    Eyes eyes = saved.empty() ? random_eyes(experiment_, config)
                              : Eyes(load_world_model(experiment_, ModelSource{iteration - 1}), config);
    players_.emplace(experiment_, config, iteration, std::move(eyes), std::move(saved), who);
  }

  void work(TaskSource& tasks, int) override {
    SentEpisodes sent(tasks, num_episodes_);
    const auto on_episode = [&](int index, const RecordedEpisode& episode) {
      MessageWriter message;
      message.put(episode.num_steps());
      const Bytes file = pack_episode(episode);
      message.put_numbers(std::span<const std::byte>(file));
      sent.done(index, message);
    };
    if (!players_->play(sent.queue(), sent.results(), on_episode)) {
      throw Stopped();
    }
  }

 private:
  Experiment experiment_;
  int num_episodes_ = 0;
  std::optional<Players> players_;
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
  const auto tell = [&](int num_steps) {
    const std::lock_guard lock(mutex);
    steps += num_steps;
    progress.update(++done, str(steps, " steps"));
  };
  const auto on_episode = [&](int index, const RecordedEpisode& episode) {
    write_episode(folder, index, episode);
    tell(episode.num_steps());
  };

  const int num_workers = experiment.pool->size();
  std::vector<EpisodeResult> results(static_cast<std::size_t>(total));
  std::atomic<bool> finished = true;
  const auto play = [&](const std::vector<Episode>& episodes, const Players& players) {
    const std::vector<std::filesystem::path> files =
        players.is_random() ? std::vector<std::filesystem::path>() : files_of(experiment, ModelSource{iteration - 1});
    const Equipped helpers = equip(experiment, kCollectEquipment, config, files, [&](MessageWriter& message) {
      message.put(iteration);
      message.put(total);
      players.put(message);
    });
    EpisodeQueue queue(episodes, helpers.threads(num_workers));
    Elsewhere elsewhere = episodes_elsewhere(helpers, queue, results, config.collect.batch_size);
    elsewhere.unpack = [&](int place, MessageReader& message) {
      const int num_steps = message.take<int>();
      write_file_atomically(episode_path(folder, queue.at(place).index), message.take_bytes());
      tell(num_steps);
    };
    const auto next = [&] { return queue.next_place(); };
    const auto work = [&](int) {
      if (!players.play(queue, results, on_episode)) {
        finished = false;
      }
    };
    Team::run_workers(*experiment.pool, num_workers, queue.size(), next, work, elsewhere);
  };
  if (!random.empty()) {
    play(random, Players(experiment, config, iteration, random_eyes(experiment, config), {}, "random"));
  }
  if (!controlled.empty() || !planned.empty()) {
    const Eyes eyes(load_world_model(experiment, iteration - 1), config);
    if (!controlled.empty() && finished) {
      std::vector<SavedPolicy> controllers;
      for (const SavedController& saved : load_controllers(experiment, iteration - 1, config.collect.num_controllers)) {
        controllers.push_back(saved.policy);
      }
      play(controlled, Players(experiment, config, iteration, eyes, std::move(controllers), "controller"));
    }
    if (!planned.empty() && finished) {
      const ExperimentConfig then = experiment.config.at(iteration - 1);  // the model's own dreams
      play(planned, Players(experiment, config, iteration, eyes,
                            {planner_of(experiment, config.planner, then.dream, iteration - 1)}, "planner"));
    }
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

std::unique_ptr<Equipment> take_collector(MessageReader& context, WorkerPool& pool) {
  return std::make_unique<CollectEquipment>(context, pool);
}

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
