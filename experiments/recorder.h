// Records what a rollout plays, one file an episode.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/rollout.h"
#include "env/environment.h"
#include "worldmodel/episode_store.h"

namespace reverie {

class Recorder : public RolloutObserver {
 public:
  // game: the frames to record, of the environment that the rollout steps. on_episode is told the steps of each
  // episode written, from the rollout's thread. Stops the rollout when the user asks for it.
  Recorder(const FrameEnvironment& game, std::filesystem::path folder, std::string policy,
           std::function<void(int steps)> on_episode);

  void on_start(int row, const Episode& episode) override;
  bool on_step(const StepView& step) override;

 private:
  void add_frame(std::size_t row);

  const FrameEnvironment& game_;
  std::filesystem::path folder_;
  std::string policy_;
  std::function<void(int)> on_episode_;
  std::vector<RecordedEpisode> rows_;
};

}  // namespace reverie
