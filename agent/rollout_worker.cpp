#include "agent/rollout_worker.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
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

Elsewhere episodes_elsewhere(const Equipped& helpers, const EpisodeQueue& queue, std::span<EpisodeResult> results,
                             int at_once) {
  Elsewhere elsewhere = helpers.elsewhere();
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

SentEpisodes::SentEpisodes(TaskSource& tasks, int num_results, ReadMore read_more)
    : tasks_(tasks),
      results_(static_cast<std::size_t>(num_results)),
      task_of_(results_.size()),
      queue_(
          [this, num_results, more = std::move(read_more)]() -> std::optional<Episode> {
            Episode episode;
            const auto read = [&](const TaskSource::Task& task) {
              MessageReader message(task.bytes, "rank 0");
              episode.index = message.take_within("index of an episode", 0, num_results - 1);
              episode.seed = message.take<std::uint64_t>();
              if (more) {
                more(episode, message);
              }
              message.expect_end();
              task_of_[static_cast<std::size_t>(episode.index)] = task.index;
            };
            return tasks_.next(read) ? std::optional(episode) : std::nullopt;
          },
          tasks.fair_share()) {}

void SentEpisodes::done(int index, MessageWriter& result) {
  tasks_.done(task_of_[static_cast<std::size_t>(index)], result.take());
}

void SentEpisodes::done(int index, const EpisodeResult& result) {
  MessageWriter message;
  message.put(result.episode_return);
  message.put(result.episode_length);
  message.put(result.terminated);
  done(index, message);
}

ParallelEvaluator::ParallelEvaluator(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                                     const ControllerConfig& config, Equipped helpers)
    : pool_(pool), helpers_(std::move(helpers)) {
  REVERIE_CHECK(environments.size(), >=, 1u);
  batch_size_ = environments.front()->spec().batch_size;
  for (FeatureEnvironment* environment : environments) {
    REVERIE_CHECK(environment->spec().batch_size, ==, batch_size_);
    workers_.push_back(std::make_unique<RolloutWorker>(*environment, config));
  }
}

std::vector<std::vector<EpisodeResult>> ParallelEvaluator::evaluate(std::span<const EvaluationJob> jobs) {
  Pairs pairs(jobs);
  std::vector<EpisodeResult> results(pairs.episodes.size());
  const int num_workers = static_cast<int>(workers_.size());
  EpisodeQueue episodes(std::move(pairs.episodes), helpers_.threads(num_workers));
  Elsewhere elsewhere = episodes_elsewhere(helpers_, episodes, results, batch_size_);
  elsewhere.common = [&](MessageWriter& message) {
    message.put(static_cast<std::uint64_t>(jobs.size()));
    message.put_numbers(std::span<const int>(pairs.job_of_episode));
  };
  std::set<std::pair<int, std::size_t>> sent;  // ranks and the jobs whose policies they have
  elsewhere.pack = [&, episode = elsewhere.pack](int place, int rank, MessageWriter& message) {
    episode(place, rank, message);
    const auto job = static_cast<std::size_t>(pairs.job_of_episode[static_cast<std::size_t>(episodes.at(place).index)]);
    const bool is_new = sent.emplace(rank, job).second;
    message.put(is_new);
    if (is_new) {
      put_policy(message, jobs[job].policy);
    }
  };
  const auto play = [&](int worker) {
    workers_[static_cast<std::size_t>(worker)]->play(pool_, jobs, pairs.job_of_episode, episodes, results);
  };
  Team::run_workers(
      pool_, num_workers, episodes.size(), [&] { return episodes.next_place(); }, play, elsewhere);
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
  SentEpisodes sent(tasks, static_cast<int>(job_of_episode_.size()),
                    [&](const Episode& episode, MessageReader& message) {
                      if (message.take<bool>()) {
                        const int job = job_of_episode_[static_cast<std::size_t>(episode.index)];
                        jobs_[static_cast<std::size_t>(job)].policy = take_policy(message);
                      }
                    });
  workers_[static_cast<std::size_t>(worker)]->play(
      pool_, jobs_, job_of_episode_, sent.queue(), sent.results(),
      [&](int index, const EpisodeResult& result) { sent.done(index, result); });
}

}  // namespace reverie
