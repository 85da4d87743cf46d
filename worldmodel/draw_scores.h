// How good a model's draws of the next latent are: proper scores (Gneiting and Raftery 2007), which no model can
// improve by saying anything but what it believes. They need draws alone, so that models with and without a density
// compare.
#pragma once

#include "worldmodel/embedded_episodes.h"

namespace reverie {

struct DrawScores {
  int moments = 0;
  // Mean |X - y| - mean |X - X'| / 2 of draws X, X' and the truth y, all of z at once (energy score) and each dimension
  // alone, averaged (CRPS). In z's units; smaller is better.
  double energy_score = 0, crps = 0;
  // The draws' deviation beside their mean's error: 1 where the model is as unsure as it should be, below where it is
  // too sure.
  double spread_ratio = 0;
};

// draws [moments, n, latent] of truth [moments, latent], n >= 2.
DrawScores score_draws(const torch::Tensor& draws, const torch::Tensor& truth);

struct DrawScoreConfig {
  int moments = 512;  // spread over the episodes, each shown every frame before
  int draws = 16;
};

// The truth is the latent that the model itself makes of the frame that came, with its noise. For models with a
// LatentView; without a recorded moment the scores are 0. on_episode as measure_open_loop().
DrawScores measure_draws(const WorldModel& model, const EmbeddedEpisodes& source, const std::vector<int>& episodes,
                         const DrawScoreConfig& config, std::uint64_t seed,
                         const std::function<void()>& on_episode = {});

}  // namespace reverie
