// Latents apart from all episodes: which dimensions matter, and what they look like.
#pragma once

#include <functional>
#include <vector>

#include "env/game.h"
#include "env/random.h"
#include "experiments/viewer/watched_model.h"

namespace reverie {

class LatentWorkbench {
 public:
  // sample_frames: gives frames [n, 3, height, width] to measure dimensions on; called once, when they are asked for.
  LatentWorkbench(const WatchedModel& model, std::function<torch::Tensor()> sample_frames, std::uint64_t seed);

  const std::vector<Session::Dimension>& dimensions() const;
  Picture decode(const std::vector<float>& latent) const;  // Error (kind usage) for another size
  // latent: of the picture that the error is measured from.
  Session::Narrowed keep_first(int k, const std::vector<float>& latent, const Picture& picture) const;
  std::vector<float> random_latent();

 private:
  const WatchedModel& model_;
  std::function<torch::Tensor()> sample_frames_;
  mutable std::vector<Session::Dimension> dimensions_;
  Rng rng_;
};

// Root mean square of left - right, both [1, latent_size], over the dimensions that are not dead; over all where none
// is alive.
float living_distance(const torch::Tensor& left, const torch::Tensor& right,
                      const std::vector<Session::Dimension>& dimensions);

// How far a latent is from what frames are encoded to: root mean square of (latent - mean) / deviation over the living
// dimensions, about 1 for a frame's own. 0 where none is alive.
float surprise_of(const std::vector<float>& latent, const std::vector<Session::Dimension>& dimensions);

// Error (kind usage) unless there are `size` values, all finite.
void check_values(const char* what, const std::vector<float>& values, int size);

// A few hundred frames of the game under actions that hold for a while, [n, 3, height, width].
torch::Tensor play_for_frames(const GameFactory& make_game, int height, int width, std::uint64_t seed);
// Up to 512 of the recorded ones.
class EpisodeStore;
torch::Tensor sample_recorded_frames(const EpisodeStore& store, std::uint64_t seed);

}  // namespace reverie
