// Evaluators that play: (candidate, episode) pairs packed into the rows of batches of fixed size.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "agent/evaluator.h"
#include "agent/policy_roster.h"
#include "agent/rollout.h"
#include "env/environment.h"
#include "env/worker_pool.h"

namespace reverie {

// rollout() as a task of the pool: throws Stopped as soon as the pool's tasks should end.
template <typename Observation>
void rollout_task(const WorkerPool& pool, Environment<Observation>& environment, Policy<Observation>& policy,
                  EpisodeQueue& episodes, std::span<EpisodeResult> results) {
  struct UntilEnding : RolloutObserver {
    explicit UntilEnding(const WorkerPool& watched) : pool(watched) {}
    bool on_step(const StepView&) override { return !pool.ending(); }
    const WorkerPool& pool;
  } observer(pool);
  if (!rollout(environment, policy, episodes, results, &observer)) {
    throw Stopped();
  }
}

// One environment, one thread. The environment must outlive the worker.
class RolloutWorker : public Evaluator {
 public:
  // config: of the jobs' controllers. Throws Error (config) if they do not fit the environment's actions.
  RolloutWorker(FeatureEnvironment& environment, const ControllerConfig& config);

  // Throws Error (data) for a policy that does not fit.
  std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) override;

  // Its part of an evaluation that several share, as a task of the pool: plays what it gets from `episodes`. Episode i
  // belongs to the job jobs[job_of_episode[i]] and writes results[i]. Throws Stopped where the pool's tasks should end.
  void play(const WorkerPool& pool, std::span<const EvaluationJob> jobs, std::span<const int> job_of_episode,
            EpisodeQueue& episodes, std::span<EpisodeResult> results);

 private:
  FeatureEnvironment& environment_;
  PolicyRoster roster_;
};

// One RolloutWorker per environment, each a task of the pool, all taking from one queue. All environments have the same
// batch size, which results may depend on; results depend neither on the number of environments nor of threads.
class ParallelEvaluator : public Evaluator {
 public:
  ParallelEvaluator(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                    const ControllerConfig& config);

  // Throws Stopped where the pool is told to stop; it can be used again then.
  std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) override;

 private:
  WorkerPool& pool_;
  std::vector<std::unique_ptr<RolloutWorker>> workers_;
};

}  // namespace reverie
