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
  elsewhere.pack = [&queue](int place, int, MessageWriter& message) {
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

Episode take_episode(MessageReader& message, int num_results) {
  Episode episode;
  episode.index = message.take_within("index of an episode", 0, num_results - 1);
  episode.seed = message.take<std::uint64_t>();
  return episode;
}

void play_for_leader(TaskSource& tasks, int num_results, const PlayEpisodes& play,
                     const std::function<std::optional<Episode>(int& task)>& next) {
  std::vector<EpisodeResult> results(static_cast<std::size_t>(num_results));
  std::vector<int> task_of(results.size());  // by the episode's index
  EpisodeQueue queue(
      [&]() -> std::optional<Episode> {
        int task = 0;
        const std::optional<Episode> episode = next(task);
        if (episode) {
          task_of[static_cast<std::size_t>(episode->index)] = task;
        }
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

void play_for_leader(TaskSource& tasks, int num_results, const PlayEpisodes& play) {
  play_for_leader(tasks, num_results, play, [&](int& index) -> std::optional<Episode> {
    const std::optional<TaskSource::Task> task = tasks.next();
    if (!task) {
      return std::nullopt;
    }
    index = task->index;
    MessageReader message(task->bytes, "rank 0");
    const Episode episode = take_episode(message, num_results);
    message.expect_end();
    return episode;
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
    message.put_numbers(std::span<const int>(pairs.job_of_episode));
  };
  // A policy goes to each rank that plays it, with the first of its episodes there.
  std::vector<std::vector<bool>> sent(static_cast<std::size_t>(team->size()), std::vector<bool>(jobs.size()));
  elsewhere.pack = [&, episode = elsewhere.pack](int place, int rank, MessageWriter& message) {
    episode(place, rank, message);
    const auto job = static_cast<std::size_t>(pairs.job_of_episode[static_cast<std::size_t>(episodes.at(place).index)]);
    std::vector<bool>& known = sent[static_cast<std::size_t>(rank)];
    message.put(!known[job]);
    if (!known[job]) {
      known[job] = true;
      put_policy(message, jobs[job].policy);
    }
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
  const auto count = common.take_within("jobs", std::uint64_t{1}, std::uint64_t{1} << 24);
  jobs_.assign(count, {});
  job_of_episode_ = common.take_numbers<int>();
  for (const int job : job_of_episode_) {
    if (job < 0 || static_cast<std::size_t>(job) >= jobs_.size()) {
      common.fail(str("expected a job below ", jobs_.size(), ", found ", job));
    }
  }
}

void EvaluatorEquipment::work(TaskSource& tasks, int worker) {
  const int num_results = static_cast<int>(job_of_episode_.size());
  const auto next = [&](int& index) -> std::optional<Episode> {
    // Taken and read by one thread at a time: the policy comes with another task than this one.
    const std::lock_guard lock(mutex_);
    const std::optional<TaskSource::Task> task = tasks.next();
    if (!task) {
      return std::nullopt;
    }
    index = task->index;
    MessageReader message(task->bytes, "rank 0");
    const Episode episode = take_episode(message, num_results);
    if (message.take<bool>()) {
      const int job = job_of_episode_[static_cast<std::size_t>(episode.index)];
      jobs_[static_cast<std::size_t>(job)].policy = take_policy(message);
    }
    message.expect_end();
    return episode;
  };
  play_for_leader(
      tasks, num_results,
      [&](EpisodeQueue& queue, std::span<EpisodeResult> results, const auto& on_result) {
        workers_[static_cast<std::size_t>(worker)]->play(pool_, jobs_, job_of_episode_, queue, results, on_result);
      },
      next);
}

}  // namespace reverie
