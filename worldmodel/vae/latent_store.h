// The latents of recorded episodes, on which models of latents are trained.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/helper.h"
#include "env/worker_pool.h"
#include "worldmodel/embedded_episodes.h"
#include "worldmodel/vae/vae.h"

namespace reverie {

// Why these latents cannot be stored in half precision and sampled from again, in words ("frame 3, dimension 2: log
// variance 33696, expected -65504 to 22.18"); empty where they can. Half precision holds numbers up to 65504; a
// deviation of that is a log variance of 22.18.
std::string fault_of(const LatentDistribution& latent);

// What helpers (env/team.h) encode episodes with.
inline constexpr const char* kEncodeEquipment = "encode";
std::unique_ptr<Equipment> take_encoder(MessageReader& context, WorkerPool& pool);

// One file an episode, `latents/latents-000123.safetensors` beside the folder of its episode: float16 mean and log
// variance, and all else that such a model needs, so that training it touches no frame.
class LatentStore : public EmbeddedEpisodes {
 public:
  // vae_id identifies V: only latents made by this V are read.
  LatentStore(const EpisodeStore& episodes, std::string vae_id) : episodes_(episodes), vae_id_(std::move(vae_id)) {}

  // Writes the files that are missing or were made by another V than vae_id's, on the pool and its helpers. on_episode
  // is told how many are done. Throws Stopped where the pool is told to stop: the files written by then stay. Error
  // (kind data) where V's latents have a fault.
  void encode(const Vae& vae, torch::ScalarType type, WorkerPool& pool,
              const std::function<void(int done, int total)>& on_episode = {});

  // embedding: mean and log variance, [T + 1, latent] each. Error (kind data) where a value is not finite, too.
  EmbeddedEpisode read(int episode) const override;
  const EpisodeStore& episodes() const override { return episodes_; }

 private:
  std::filesystem::path path(int episode) const;

  const EpisodeStore& episodes_;
  std::string vae_id_;
};

}  // namespace reverie
