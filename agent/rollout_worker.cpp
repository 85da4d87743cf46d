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
                         std::span<const int> job_of_episode, EpisodeQueue& episodes,
                         std::span<EpisodeResult> results) {
  set_players(roster_, jobs, job_of_episode);
  rollout_task<float>(pool, environment_, roster_, episodes, results);
}

std::vector<std::vector<EpisodeResult>> RolloutWorker::evaluate(std::span<const EvaluationJob> jobs) {
  Pairs pairs(jobs);
  std::vector<EpisodeResult> results(pairs.episodes.size());
  EpisodeQueue episodes(std::move(pairs.episodes));
  set_players(roster_, jobs, pairs.job_of_episode);
  rollout<float>(environment_, roster_, episodes, results);
  return group_by_job(jobs, results);
}

ParallelEvaluator::ParallelEvaluator(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                                     const ControllerConfig& config)
    : pool_(pool) {
  REVERIE_CHECK(environments.size(), >=, 1u);
  for (FeatureEnvironment* environment : environments) {
    REVERIE_CHECK(environment->spec().batch_size, ==, environments.front()->spec().batch_size);
    workers_.push_back(std::make_unique<RolloutWorker>(*environment, config));
  }
}

std::vector<std::vector<EpisodeResult>> ParallelEvaluator::evaluate(std::span<const EvaluationJob> jobs) {
  Pairs pairs(jobs);
  std::vector<EpisodeResult> results(pairs.episodes.size());
  const int num_workers = static_cast<int>(workers_.size());
  EpisodeQueue episodes(std::move(pairs.episodes), num_workers);
  pool_.run(num_workers, [&](int task, int) {
    workers_[static_cast<std::size_t>(task)]->play(pool_, jobs, pairs.job_of_episode, episodes, results);
  });
  return group_by_job(jobs, results);
}

}  // namespace reverie
