// A small V and M with made-up weights, and recorded episodes for them.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/worldmodel/tensors.h"
#include "worldmodel/data/episode_store.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

constexpr int kTinyLatent = 4, kTinyHidden = 6;

inline Vae tiny_vae(std::uint64_t seed = 1) {
  VaeConfig config;
  config.latent_size = kTinyLatent;
  config.channels = {4, 4, 8, 8};
  Vae vae(config, seed);
  torch::NoGradGuard no_grad;
  vae->named_parameters()["head_weight"].mul_(6.0f);  // latents of the size of 1 for untrained weights, too
  return vae;
}

inline MdnRnn tiny_mdn_rnn(int action_size, RewardHead reward_head = RewardHead::value, std::uint64_t seed = 2,
                           int head_size = 0, LatentHead latent_head = LatentHead::mixture) {
  MdnRnnConfig config;
  config.latent_head = latent_head;
  config.hidden_size = kTinyHidden;
  config.head_size = head_size;
  config.mixtures = 3;
  config.reward_head = reward_head;
  MdnRnn mdn_rnn(kTinyLatent, action_size, config, seed);
  torch::NoGradGuard no_grad;
  if (mdn_rnn->is_mixture()) {
    mdn_rnn->mixture_bias.copy_(normal_tensor({mdn_rnn->mixture_size()}, seed + 1));
  }
  return mdn_rnn;
}

inline VaeMdnRnn tiny_model(int action_size, const VaeMdnRnnConfig& config = {}, int head_size = 0) {
  return VaeMdnRnn(tiny_vae(), tiny_mdn_rnn(action_size, RewardHead::value, 2, head_size), config, Precision::float32);
}

// 64 x 64 frames of one brightness each. Action 0 is the step's number, action 1 the episode's seed: a sequence can be
// told by what it holds.
inline RecordedEpisode tiny_episode(std::uint64_t seed, const std::vector<std::uint8_t>& brightness,
                                    const std::vector<float>& rewards, bool terminated = false) {
  RecordedEpisode episode;
  episode.height = episode.width = kFrameSize;
  episode.seed = seed;
  episode.policy = "random";
  episode.rewards = rewards;
  episode.terminated.assign(rewards.size(), 0);
  episode.terminated.back() = terminated;
  episode.truncated = !terminated;
  for (const std::uint8_t value : brightness) {
    episode.frames.insert(episode.frames.end(), episode.frame_size(), value);
  }
  for (std::size_t t = 0; t < rewards.size(); ++t) {
    episode.actions.push_back(static_cast<float>(t));
    episode.actions.push_back(static_cast<float>(seed));
  }
  return episode;
}

// Frames that flicker, and a reward of 1 at every step in `paid`.
inline RecordedEpisode flickering_episode(std::uint64_t seed, int steps, const std::vector<int>& paid = {}) {
  std::vector<float> rewards(static_cast<std::size_t>(steps), -0.1f);
  for (const int t : paid) {
    rewards[static_cast<std::size_t>(t)] = 1.0f;
  }
  std::vector<std::uint8_t> brightness;
  for (int t = 0; t <= steps; ++t) {
    brightness.push_back(static_cast<std::uint8_t>((static_cast<std::uint64_t>(t) * 83 + seed * 29) % 256));
  }
  return tiny_episode(seed, brightness, rewards, seed % 2 == 1);
}

// Writes them to the folder `episodes` in `folder`, and says where that is.
inline std::filesystem::path record(const std::filesystem::path& folder, const std::vector<RecordedEpisode>& episodes) {
  const std::filesystem::path path = folder / "episodes";
  std::filesystem::create_directories(path);
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    write_episode(path, static_cast<int>(i), episodes[i]);
  }
  return path;
}

}  // namespace reverie
