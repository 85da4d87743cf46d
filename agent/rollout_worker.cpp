#include "agent/rollout_worker.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "env/error.h"

namespace reverie {
namespace {

// The pairs of an evaluation, numbered job by job.
struct Pairs {
  std::vector<int> job_of_episode;
  std::vector<Episode> episodes;  // in the order of play

  explicit Pairs(std::span<const EvaluationJob> jobs) {
    std::size_t most_episodes = 0;
    std::vector<int> first_index;
    for (std::size_t job = 0; job < jobs.size(); ++job) {
      first_index.push_back(static_cast<int>(job_of_episode.size()));
      job_of_episode.insert(job_of_episode.end(), jobs[job].episode_seeds.size(), static_cast<int>(job));
      most_episodes = std::max(most_episodes, jobs[job].episode_seeds.size());
    }
    // The episodes of a good candidate are all long. Taking turns between candidates mixes long and short ones, so that
    // no row is left with several long episodes when the others are done.
    for (std::size_t i = 0; i < most_episodes; ++i) {
      for (std::size_t job = 0; job < jobs.size(); ++job) {
        if (i < jobs[job].episode_seeds.size()) {
          episodes.push_back({first_index[job] + static_cast<int>(i), jobs[job].episode_seeds[i]});
        }
      }
    }
  }
};

std::vector<std::vector<EpisodeResult>> group_by_job(std::span<const EvaluationJob> jobs,
                                                     std::span<const EpisodeResult> results) {
  std::vector<std::vector<EpisodeResult>> grouped;
  for (const EvaluationJob& job : jobs) {
    const std::span<const EpisodeResult> own = results.first(job.episode_seeds.size());
    grouped.emplace_back(own.begin(), own.end());
    results = results.subspan(own.size());
  }
  return grouped;
}

void set_players(PolicyRoster& roster, std::span<const EvaluationJob> jobs, std::span<const int> job_of_episode) {
  std::vector<const SavedPolicy*> players;
  for (const EvaluationJob& job : jobs) {
    players.push_back(&job.policy);
  }
  roster.set_players(std::move(players), [job_of_episode](const Episode& episode) {
    return static_cast<std::size_t>(job_of_episode[static_cast<std::size_t>(episode.index)]);
  });
}

}  // namespace

RolloutWorker::RolloutWorker(FeatureEnvironment& environment, const ControllerConfig& config)
    : environment_(environment), roster_(environment, config) {}

void RolloutWorker::play(const WorkerPool& pool, std::span<const EvaluationJob> jobs,
                         std::span<const int> job_of_episode, EpisodeQueue& episodes, std::span<EpisodeResult> results,
                         const std::function<void(int, const EpisodeResult&)>& on_result) {
  set_players(roster_, jobs, job_of_episode);
  rollout_task<float>(pool, environment_, roster_, episodes, results, on_result);
}

std::vector<std::vector<EpisodeResult>> RolloutWorker::evaluate(std::span<const EvaluationJob> jobs) {
  Pairs pairs(jobs);
  std::vector<EpisodeResult> results(pairs.episodes.size());
  EpisodeQueue episodes(std::move(pairs.episodes));
  set_players(roster_, jobs, pairs.job_of_episode);
  rollout<float>(environment_, roster_, episodes, results);
  return group_by_job(jobs, results);
}

Elsewhere episodes_elsewhere(const EpisodeQueue& queue, std::span<EpisodeResult> results, int at_once) {
  Elsewhere elsewhere;
  elsewhere.at_once = at_once;
  elsewhere.pack = [&queue](int place, MessageWriter& message) {
    message.put(queue.at(place).index);
    message.put(queue.at(place).seed);
  };
  elsewhere.unpack = [&queue, results](int place, MessageReader& message) {
    EpisodeResult& result = results[static_cast<std::size_t>(queue.at(place).index)];
    result.episode_return = message.take<double>();
    result.episode_length = message.take<int>();
    result.terminated = message.take<bool>();
  };
  return elsewhere;
}

Episode take_episode(const TaskSource::Task& task, int num_results) {
  MessageReader message(task.bytes, "rank 0");
  Episode episode;
  episode.index = message.take_within("index of an episode", 0, num_results - 1);
  episode.seed = message.take<std::uint64_t>();
  message.expect_end();
  return episode;
}

void play_for_leader(TaskSource& tasks, int num_results,
                     const std::function<void(EpisodeQueue&, std::span<EpisodeResult>,
                                              const std::function<void(int, const EpisodeResult&)>&)>& play) {
  std::vector<EpisodeResult> results(static_cast<std::size_t>(num_results));
  std::vector<int> task_of(results.size());  // by the episode's index
  EpisodeQueue queue(
      [&]() -> std::optional<Episode> {
        const std::optional<TaskSource::Task> task = tasks.next();
        if (!task) {
          return std::nullopt;
        }
        const Episode episode = take_episode(*task, num_results);
        task_of[static_cast<std::size_t>(episode.index)] = task->index;
        return episode;
      },
      tasks.fair_share());
  play(queue, results, [&](int index, const EpisodeResult& result) {
    MessageWriter message;
    message.put(result.episode_return);
    message.put(result.episode_length);
    message.put(result.terminated);
    tasks.done(task_of[static_cast<std::size_t>(index)], message.take());
  });
}

ParallelEvaluator::ParallelEvaluator(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                                     const ControllerConfig& config, Equipped helpers)
    : pool_(pool), batch_size_(environments.front()->spec().batch_size), helpers_(std::move(helpers)) {
  REVERIE_CHECK(environments.size(), >=, 1u);
  for (FeatureEnvironment* environment : environments) {
    REVERIE_CHECK(environment->spec().batch_size, ==, batch_size_);
    workers_.push_back(std::make_unique<RolloutWorker>(*environment, config));
  }
}

std::vector<std::vector<EpisodeResult>> ParallelEvaluator::evaluate(std::span<const EvaluationJob> jobs) {
  Pairs pairs(jobs);
  std::vector<EpisodeResult> results(pairs.episodes.size());
  const int num_workers = static_cast<int>(workers_.size());
  Team* const team = helpers_.team();
  EpisodeQueue episodes(std::move(pairs.episodes), team != nullptr ? team->threads() : num_workers);
  const auto play = [&](int worker) {
    workers_[static_cast<std::size_t>(worker)]->play(pool_, jobs, pairs.job_of_episode, episodes, results);
  };
  if (team == nullptr) {
    pool_.run(num_workers, [&](int task, int) { play(task); });
    return group_by_job(jobs, results);
  }
  Elsewhere elsewhere = episodes_elsewhere(episodes, results, batch_size_);
  elsewhere.equipment = helpers_.id();
  elsewhere.common = [&](MessageWriter& message) {
    message.put(static_cast<std::uint64_t>(jobs.size()));
    for (const EvaluationJob& job : jobs) {
      put_policy(message, job.policy);
    }
    message.put_numbers(std::span<const int>(pairs.job_of_episode));
  };
  team->run_workers(
      pool_, episodes.size(), [&] { return episodes.next_place(); }, play, elsewhere);
  return group_by_job(jobs, results);
}

EvaluatorEquipment::EvaluatorEquipment(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                                       const ControllerConfig& config)
    : pool_(pool) {
  for (FeatureEnvironment* environment : environments) {
    workers_.push_back(std::make_unique<RolloutWorker>(*environment, config));
  }
}

void EvaluatorEquipment::begin(MessageReader& common) {
  jobs_.clear();
  for (auto left = common.take<std::uint64_t>(); left > 0; --left) {
    jobs_.push_back({take_policy(common), {}});
  }
  job_of_episode_ = common.take_numbers<int>();
  for (const int job : job_of_episode_) {
    if (job < 0 || static_cast<std::size_t>(job) >= jobs_.size()) {
      common.fail(str("expected a job below ", jobs_.size(), ", found ", job));
    }
  }
}

void EvaluatorEquipment::work(TaskSource& tasks, int worker) {
  play_for_leader(tasks, static_cast<int>(job_of_episode_.size()),
                  [&](EpisodeQueue& queue, std::span<EpisodeResult> results, const auto& on_result) {
                    workers_[static_cast<std::size_t>(worker)]->play(pool_, jobs_, job_of_episode_, queue, results,
                                                                     on_result);
                  });
}

}  // namespace reverie
