// Training sequences for M.
#pragma once

#include <cstdint>
#include <vector>

#include "env/random.h"
#include "worldmodel/embedded_episodes.h"
#include "worldmodel/episode_shuffle.h"
#include "worldmodel/vae/latent_store.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

namespace reverie {

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

  const LatentStore& store_;
  EpisodeShuffle shuffle_;
  int window_;
  double latent_noise_;
  Rng noise_rng_;
  std::vector<Reel> reels_;
};

}  // namespace reverie
