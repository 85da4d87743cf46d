#include "worldmodel/vae_mdn_rnn/sequence_sampler.h"

#include <algorithm>
#include <utility>

namespace reverie {

SequenceSampler::SequenceSampler(const LatentStore& store, std::vector<int> episodes, int batch_size, int window,
                                 double latent_noise, std::uint64_t seed)
    : store_(store),
      shuffle_(std::move(episodes), derive_seed(seed, Stream::mdn_rnn_batch)),
      window_(window),
      latent_noise_(latent_noise),
      noise_rng_(derive_seed(seed, Stream::mdn_rnn_noise)) {
  for (int row = 0; row < batch_size; ++row) {
    reels_.push_back({store_.read(shuffle_.next()), 0});
  }
}

SequenceBatch SequenceSampler::next() {
  torch::NoGradGuard no_grad;
  const std::int64_t batch = static_cast<std::int64_t>(reels_.size());
  const std::int64_t latent = reels_.front().episode.embedding.parts[0].size(1);
  const std::int64_t action = reels_.front().episode.action.size(1);
  SequenceBatch sequence{torch::empty({window_, batch, latent}), torch::empty({window_, batch, action}),
                         torch::empty({window_, batch, latent}), torch::empty({window_, batch}),
                         torch::empty({window_, batch}),         torch::zeros({window_, batch})};
  for (std::int64_t row = 0; row < batch; ++row) {
    Reel& reel = reels_[static_cast<std::size_t>(row)];
    std::int64_t filled = 0;
    while (filled < window_) {
      if (reel.position == reel.episode.num_steps()) {
        reel = {store_.read(shuffle_.next()), 0};
      }
      const std::int64_t at = reel.position;
      const std::int64_t count = std::min(window_ - filled, reel.episode.num_steps() - at);
      torch::Tensor normals = torch::empty({count + 1, latent});
      noise_rng_.fill_normal({normals.data_ptr<float>(), static_cast<std::size_t>(normals.numel())});
      const std::vector<torch::Tensor>& parts = reel.episode.embedding.parts;
      const LatentDistribution recorded = {parts[0], parts[1]};
      const torch::Tensor z =
          recorded.mean.slice(0, at, at + count + 1) +
          (0.5f * recorded.log_variance.slice(0, at, at + count + 1)).exp_().mul_(normals).mul_(latent_noise_);
      const auto part = [&](torch::Tensor& tensor) { return tensor.slice(0, filled, filled + count).select(1, row); };
      part(sequence.latent).copy_(z.slice(0, 0, count));
      part(sequence.next_latent).copy_(z.slice(0, 1));
      part(sequence.action).copy_(reel.episode.action.slice(0, at, at + count));
      part(sequence.reward).copy_(reel.episode.reward.slice(0, at, at + count));
      part(sequence.terminated).copy_(reel.episode.terminated.slice(0, at, at + count));
      if (at == 0) {
        sequence.first[filled][row] = 1.0f;
      }
      reel.position += count;
      filled += count;
    }
  }
  return sequence;
}

}  // namespace reverie
