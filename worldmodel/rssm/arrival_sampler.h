// Training sequences in arrival form: entry t of an episode of T steps, from 0 to T, holds frame t, the action that led
// to it, and the reward and end that came with it; nothing led to frame 0.
#pragma once

#include <cstdint>
#include <vector>

#include "worldmodel/embedded_episodes.h"
#include "worldmodel/episode_shuffle.h"
#include "worldmodel/rssm/rssm.h"

namespace reverie {

// The frames themselves as embeddings: uint8 [T + 1, height, width, 3].
class RecordedFrames : public EmbeddedEpisodes {
 public:
  explicit RecordedFrames(const EpisodeStore& episodes) : episodes_(episodes) {}
  const EpisodeStore& episodes() const override { return episodes_; }
  EmbeddedEpisode read(int episode) const override;

 private:
  const EpisodeStore& episodes_;
};

// An endless supply. Each row of the batch runs through whole episodes in shuffled order, window after window, so that
// the model's state can be carried from one batch to the next; an episode may end and the next begin inside a window,
// where `first` says so.
class ArrivalSampler {
 public:
  // source: embeddings with mean and log variance, or with frames (RecordedFrames). mask_first_reward: the reward of an
  // episode's first step trains nothing. Equal seeds give equal sequences.
  ArrivalSampler(const EmbeddedEpisodes& source, std::vector<int> episodes, int batch_size, int window,
                 bool mask_first_reward, std::uint64_t seed);

  ArrivalBatch next();

 private:
  struct Reel {
    EmbeddedEpisode episode;
    std::int64_t position = 0;
  };

  const EmbeddedEpisodes& source_;
  EpisodeShuffle shuffle_;
  int window_;
  bool mask_first_reward_;
  std::vector<Reel> reels_;
};

}  // namespace reverie
