#include "experiments/scoring/recorder.h"

namespace reverie {

Recorder::Recorder(const FrameEnvironment& game, std::string policy, Finished on_episode, const WorkerPool& pool)
    : game_(game),
      policy_(std::move(policy)),
      on_episode_(std::move(on_episode)),
      pool_(pool),
      rows_(static_cast<std::size_t>(game.spec().batch_size)) {}

void Recorder::on_start(int row, const Episode& episode) {
  const std::size_t index = static_cast<std::size_t>(row);
  rows_[index] = {};
  rows_[index].height = game_.spec().observation_shape[0];
  rows_[index].width = game_.spec().observation_shape[1];
  rows_[index].seed = episode.seed;
  rows_[index].policy = policy_;
  add_frame(index);
}

bool Recorder::on_step(const StepView& step) {
  const std::size_t action_size = step.action.size() / rows_.size();
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (!step.live[row]) {
      continue;
    }
    RecordedEpisode& recorded = rows_[row];
    const auto action = step.action.subspan(row * action_size, action_size);
    recorded.actions.insert(recorded.actions.end(), action.begin(), action.end());
    recorded.rewards.push_back(step.reward[row]);
    recorded.terminated.push_back(step.terminated[row]);
    recorded.truncated = step.truncated[row] != 0;
    add_frame(row);
    if (step.terminated[row] || step.truncated[row]) {
      on_episode_(step.episode[row].index, recorded);
    }
  }
  return !pool_.ending();
}

void Recorder::add_frame(std::size_t row) {
  const std::size_t size = rows_[row].frame_size();
  const auto frame = game_.observation().subspan(row * size, size);
  rows_[row].frames.insert(rows_[row].frames.end(), frame.begin(), frame.end());
}

}  // namespace reverie
