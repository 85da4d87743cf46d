#include "worldmodel/open_loop.h"

#include <algorithm>

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/row_noise.h"
#include "worldmodel/tensor_math.h"

namespace reverie {
namespace {

bool qualifies(const LatentEpisode& episode, std::int64_t t, const OpenLoopConfig& config) {
  if (t < config.warm_up || t + config.horizon > episode.num_steps()) {
    return false;
  }
  if (config.start == OpenLoopStart::any) {
    return true;
  }
  return t >= config.lost_after && !(episode.reward.slice(0, t - config.lost_after, t) > 0).any().item<bool>();
}

torch::Tensor recorded_frame(const EpisodeStore& episodes, int episode, std::int64_t t) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(episodes.height()) *
                                  static_cast<std::size_t>(episodes.width()) * 3);
  episodes.read_frame(episode, static_cast<int>(t), bytes);
  return frames_to_tensor(bytes.data(), 1, episodes.height(), episodes.width());
}

}  // namespace

OpenLoopResult measure_open_loop(const VaeMdnRnn& model, const LatentStore& store, const std::vector<int>& episodes,
                                 const OpenLoopConfig& config, std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  OpenLoopResult result;
  result.dream_error.assign(static_cast<std::size_t>(config.horizon), 0.0);
  result.frozen_error = result.dream_error;
  Rng choose(derive_seed(seed, Stream::open_loop));
  const int per_episode = std::max(1, config.moments / std::max(1, static_cast<int>(episodes.size())));
  for (const int index : episodes) {
    const LatentEpisode episode = store.read(index);
    std::vector<std::int64_t> moments;
    for (std::int64_t t = 0; t < episode.num_steps(); ++t) {
      if (qualifies(episode, t, config)) {
        moments.push_back(t);
      }
    }
    for (int i = 0; i < per_episode && !moments.empty() && result.moments < config.moments; ++i) {
      const std::int64_t start = moments[static_cast<std::size_t>(choose.below(moments.size()))];
      ModelState state = model.initial_state(1);
      for (std::int64_t t = 0; t <= start; ++t) {
        const torch::Tensor action =
            episode.action.slice(0, std::max<std::int64_t>(t - 1, 0), std::max<std::int64_t>(t, 1));
        state = model.observe_latent(state, action, episode.latent.mean.slice(0, t, t + 1),
                                     torch::full({1}, t == 0 ? 1.0f : 0.0f));
      }
      const torch::Tensor frozen = recorded_frame(store.episodes(), index, start);
      Rng rng(derive_seed(seed, Stream::open_loop, static_cast<std::uint64_t>(result.moments) + 1));
      Noise noise = make_noise(1, model.spec().imagine_normals, model.spec().imagine_uniforms);
      for (std::int64_t step = 0; step < config.horizon; ++step) {
        fill_noise_row(noise, 0, rng);
        Imagined next =
            model.imagine(state, episode.action.slice(0, start + step, start + step + 1), config.temperature, noise);
        state = std::move(next.state);
        const torch::Tensor real = recorded_frame(store.episodes(), index, start + step + 1);
        result.dream_error[static_cast<std::size_t>(step)] +=
            (model.decode(state) - real).square().mean().item<double>();
        result.frozen_error[static_cast<std::size_t>(step)] += (frozen - real).square().mean().item<double>();
        result.dream_reward += next.reward.item<double>();
        result.recorded_reward += episode.reward[start + step].item<double>();
      }
      ++result.moments;
    }
  }
  const double count = std::max(1, result.moments);
  for (std::size_t step = 0; step < result.dream_error.size(); ++step) {
    result.dream_error[step] /= count;
    result.frozen_error[step] /= count;
  }
  result.dream_reward /= count;
  result.recorded_reward /= count;
  return result;
}

}  // namespace reverie
