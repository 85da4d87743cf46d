// Records the episodes that a rollout plays.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/rollout.h"
#include "env/environment.h"
#include "env/worker_pool.h"
#include "worldmodel/data/episode_store.h"

namespace reverie {

class Recorder : public RolloutObserver {
 public:
  using Finished = std::function<void(int index, const RecordedEpisode& episode)>;

  // game: the frames to record, of the environment that the rollout steps. on_episode is given each finished episode,
  // from the rollout's thread. Stops the rollout, a task of the pool, as soon as the pool's tasks should end.
  Recorder(const FrameEnvironment& game, std::string policy, Finished on_episode, const WorkerPool& pool);

  void on_start(int row, const Episode& episode) override;
  bool on_step(const StepView& step) override;

 private:
  void add_frame(std::size_t row);

  const FrameEnvironment& game_;
  std::string policy_;
  Finished on_episode_;
  const WorkerPool& pool_;
  std::vector<RecordedEpisode> rows_;
};

}  // namespace reverie
