// Evaluators that play: (candidate, episode) pairs packed into the rows of batches of fixed size, on the threads of
// this process and of its helpers.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "agent/evaluator.h"
#include "agent/policy_roster.h"
#include "agent/rollout.h"
#include "env/environment.h"
#include "env/helper.h"
#include "env/team.h"
#include "env/worker_pool.h"

namespace reverie {

// rollout() as a task of the pool: throws Stopped as soon as the pool's tasks should end. on_result is told each result
// when its episode has ended.
template <typename Observation>
void rollout_task(const WorkerPool& pool, Environment<Observation>& environment, Policy<Observation>& policy,
                  EpisodeQueue& episodes, std::span<EpisodeResult> results,
                  const std::function<void(int index, const EpisodeResult& result)>& on_result = {}) {
  struct UntilEnding : RolloutObserver {
    bool on_step(const StepView& step) override {
      for (std::size_t row = 0; on_result && row < step.live.size(); ++row) {
        if (step.live[row] && (step.terminated[row] || step.truncated[row])) {
          on_result(step.episode[row].index, results[static_cast<std::size_t>(step.episode[row].index)]);
        }
      }
      return !pool.ending();
    }
    const WorkerPool& pool;
    std::span<const EpisodeResult> results;
    const std::function<void(int, const EpisodeResult&)>& on_result;
    UntilEnding(const WorkerPool& watched, std::span<const EpisodeResult> of,
                const std::function<void(int, const EpisodeResult&)>& tell)
        : pool(watched), results(of), on_result(tell) {}
  } observer(pool, results, on_result);
  if (!rollout(environment, policy, episodes, results, &observer)) {
    throw Stopped();
  }
}

// How helpers play the queue's episodes: a task is a place in the queue, its message the episode, and its result an
// EpisodeResult. at_once: rows of a batch. What all tasks need is left to the caller.
Elsewhere episodes_elsewhere(const Equipped& helpers, const EpisodeQueue& queue, std::span<EpisodeResult> results,
                             int at_once);

// The helper's side: the episodes that come to one of its threads, whose indices are below num_results.
class SentEpisodes {
 public:
  using ReadMore = std::function<void(const Episode& episode, MessageReader& message)>;
  // read_more: of a message that says more than the episode; called as TaskSource::next() says.
  SentEpisodes(TaskSource& tasks, int num_results, ReadMore read_more = {});

  EpisodeQueue& queue() { return queue_; }
  std::span<EpisodeResult> results() { return results_; }
  void done(int index, MessageWriter& result);
  void done(int index, const EpisodeResult& result);

 private:
  TaskSource& tasks_;
  std::vector<EpisodeResult> results_;
  std::vector<int> task_of_;  // by the episode's index
  EpisodeQueue queue_;
};

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
            EpisodeQueue& episodes, std::span<EpisodeResult> results,
            const std::function<void(int index, const EpisodeResult& result)>& on_result = {});

 private:
  FeatureEnvironment& environment_;
  PolicyRoster roster_;
};

// One RolloutWorker per environment, each a task of the pool, all taking from one queue. All environments have the same
// batch size, which results may depend on; results depend neither on the number of environments nor of threads.
class ParallelEvaluator : public Evaluator {
 public:
  // helpers: equipped with an EvaluatorEquipment of such environments, or nothing.
  ParallelEvaluator(WorkerPool& pool, std::span<FeatureEnvironment* const> environments, const ControllerConfig& config,
                    Equipped helpers = {});

  // Throws Stopped where the pool is told to stop; it can be used again then.
  std::vector<std::vector<EpisodeResult>> evaluate(std::span<const EvaluationJob> jobs) override;

 private:
  WorkerPool& pool_;
  std::vector<std::unique_ptr<RolloutWorker>> workers_;
  int batch_size_ = 0;
  Equipped helpers_;
};

// The helper's side of a ParallelEvaluator. environments: one for each thread of the pool.
class EvaluatorEquipment : public Equipment {
 public:
  EvaluatorEquipment(WorkerPool& pool, std::span<FeatureEnvironment* const> environments,
                     const ControllerConfig& config);
  void begin(MessageReader& common) override;
  void work(TaskSource& tasks, int worker) override;

 private:
  WorkerPool& pool_;
  std::vector<std::unique_ptr<RolloutWorker>> workers_;
  std::vector<EvaluationJob> jobs_;  // whose policies come when they are first played here
  std::vector<int> job_of_episode_;
};

}  // namespace reverie
