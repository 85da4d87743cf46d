// Recorded episodes with embedded frames, through which a model can be led.
#pragma once

#include "worldmodel/data/episode_store.h"
#include "worldmodel/views.h"

namespace reverie {

// T steps; float32 but for the embedding.
struct EmbeddedEpisode {
  Embedding embedding;       // of T + 1 frames
  torch::Tensor action;      // [T, action]
  torch::Tensor reward;      // [T], as the next
  torch::Tensor terminated;  // 0 or 1

  std::int64_t num_steps() const { return reward.size(0); }
};

EmbeddedEpisode embed_episode(const WorldModel& model, const RecordedEpisode& episode);

// Where a model's embeddings of recorded episodes come from: files of its own, or the frames.
class EmbeddedEpisodes {
 public:
  virtual ~EmbeddedEpisodes() = default;
  virtual const EpisodeStore& episodes() const = 0;
  virtual EmbeddedEpisode read(int episode) const = 0;  // may be called from several threads at once
};

// Embeds each episode when it is read. Both must outlive it.
class FreshEmbeddings : public EmbeddedEpisodes {
 public:
  FreshEmbeddings(const WorldModel& model, const EpisodeStore& episodes) : model_(model), episodes_(episodes) {}
  const EpisodeStore& episodes() const override { return episodes_; }
  EmbeddedEpisode read(int episode) const override { return embed_episode(model_, episodes_.read(episode)); }

 private:
  const WorldModel& model_;
  const EpisodeStore& episodes_;
};

}  // namespace reverie
