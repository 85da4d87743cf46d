// The latents of recorded episodes, on which M is trained.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "env/random.h"
#include "env/worker_pool.h"
#include "worldmodel/embedded_episodes.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"
#include "worldmodel/vae_mdn_rnn/vae.h"

namespace reverie {

// Why these latents cannot be stored in half precision and sampled from again, in words ("frame 3, dimension 2: log
// variance 33696, expected -65504 to 22.18"); empty where they can. Half precision holds numbers up to 65504; a
// deviation of that is a log variance of 22.18.
std::string fault_of(const LatentDistribution& latent);

// One file an episode, `latents/latents-000123.safetensors` beside the folder of its episode: float16 mean and log
// variance, and all that M needs, so that training M touches no frame.
class LatentStore : public EmbeddedEpisodes {
 public:
  // vae_id identifies V: only latents made by this V are read.
  LatentStore(const EpisodeStore& episodes, std::string vae_id) : episodes_(episodes), vae_id_(std::move(vae_id)) {}

  // Writes the files that are missing or were made by another V than vae_id's. on_episode is told how many are done.
  // Throws Stopped where the pool is told to stop: the files written by then stay.
  // Error (kind data) where V's latents have a fault.
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

// An endless supply of training sequences. Each row of the batch runs through whole episodes in shuffled order, window
// after window, so that M's state can be carried from one batch to the next; an episode may end and the next begin
// inside a window, where `first` says so.
class SequenceSampler {
 public:
  // latent_noise as in VaeMdnRnnConfig: z is drawn anew each time. Equal seeds give equal sequences.
  SequenceSampler(const LatentStore& store, std::vector<int> episodes, int batch_size, int window, double latent_noise,
                  std::uint64_t seed);

  SequenceBatch next();

 private:
  struct Reel {
    EmbeddedEpisode episode;
    std::int64_t position = 0;
  };
  EmbeddedEpisode next_episode();

  const LatentStore& store_;
  std::vector<int> order_;
  std::size_t next_in_order_ = 0;
  int window_;
  double latent_noise_;
  Rng shuffle_rng_, noise_rng_;
  std::vector<Reel> reels_;
};

}  // namespace reverie
