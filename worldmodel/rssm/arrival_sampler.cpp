#include "worldmodel/rssm/arrival_sampler.h"

#include <algorithm>
#include <utility>

namespace reverie {

using torch::Tensor;

EmbeddedEpisode RecordedFrames::read(int index) const {
  const RecordedEpisode episode = episodes_.read(index);
  const std::int64_t steps = episode.num_steps();
  EmbeddedEpisode result;
  result.embedding.parts.push_back(
      torch::tensor(episode.frames, torch::kUInt8).view({steps + 1, episode.height, episode.width, 3}));
  result.action = torch::tensor(episode.actions).view({steps, episode.action_size()});
  result.reward = torch::tensor(episode.rewards);
  result.terminated = torch::tensor(episode.terminated, torch::kUInt8).to(torch::kFloat32);
  return result;
}

ArrivalSampler::ArrivalSampler(const EmbeddedEpisodes& source, std::vector<int> episodes, int batch_size, int window,
                               bool mask_first_reward, std::uint64_t seed)
    : source_(source),
      shuffle_(std::move(episodes), derive_seed(seed, Stream::rssm_batch)),
      window_(window),
      mask_first_reward_(mask_first_reward) {
  for (int row = 0; row < batch_size; ++row) {
    reels_.push_back({source_.read(shuffle_.next()), 0});
  }
}

ArrivalBatch ArrivalSampler::next() {
  torch::NoGradGuard no_grad;
  const auto rows = static_cast<std::int64_t>(reels_.size());
  const EmbeddedEpisode& sample = reels_.front().episode;
  std::vector<Tensor> parts;  // of the embedding, [window, rows, ...] each
  for (const Tensor& part : sample.embedding.parts) {
    std::vector<std::int64_t> shape = part.sizes().vec();
    shape[0] = rows;
    shape.insert(shape.begin(), window_);
    parts.push_back(torch::empty(shape, part.options()));
  }
  ArrivalBatch batch;
  batch.action = torch::zeros({window_, rows, sample.action.size(1)});
  batch.reward = torch::zeros({window_, rows});
  batch.terminated = torch::zeros({window_, rows});
  batch.first = torch::zeros({window_, rows});
  batch.rewarded = torch::ones({window_, rows});
  for (std::int64_t row = 0; row < rows; ++row) {
    Reel& reel = reels_[static_cast<std::size_t>(row)];
    std::int64_t filled = 0;
    while (filled < window_) {
      if (reel.position > reel.episode.num_steps()) {
        reel = {source_.read(shuffle_.next()), 0};
      }
      const std::int64_t at = reel.position;
      const std::int64_t count = std::min(window_ - filled, reel.episode.num_steps() + 1 - at);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i]
            .slice(0, filled, filled + count)
            .select(1, row)
            .copy_(reel.episode.embedding.parts[i].slice(0, at, at + count));
      }
      const std::int64_t none = at == 0 ? 1 : 0;  // nothing led to the first frame
      const auto came = [&](const Tensor& into, const Tensor& recorded) {
        into.slice(0, filled + none, filled + count)
            .select(1, row)
            .copy_(recorded.slice(0, at + none - 1, at + count - 1));
      };
      came(batch.action, reel.episode.action);
      came(batch.reward, reel.episode.reward);
      came(batch.terminated, reel.episode.terminated);
      if (at == 0) {
        batch.first[filled][row] = 1.0f;
        batch.rewarded[filled][row] = 0.0f;
      }
      if (mask_first_reward_ && at <= 1 && at + count > 1) {
        batch.rewarded[filled + 1 - at][row] = 0.0f;
      }
      reel.position += count;
      filled += count;
    }
  }
  if (parts.size() == 1) {
    batch.frame = parts[0];
  } else {
    batch.latent_mean = parts[0];
    batch.latent_log_variance = parts[1];
  }
  return batch;
}

}  // namespace reverie
