#include "worldmodel/embedded_episodes.h"

#include <algorithm>

#include "worldmodel/nn/tensor_math.h"

namespace reverie {

EmbeddedEpisode embed_episode(const WorldModel& model, const RecordedEpisode& episode) {
  torch::NoGradGuard no_grad;
  constexpr int kTogether = 64;
  const RecordedViewOf view(model);
  const int num_frames = episode.num_steps() + 1;
  std::vector<Embedding> pieces;
  for (int first = 0; first < num_frames; first += kTogether) {
    pieces.push_back(
        view->embed(frames_to_tensor(episode.frames.data() + static_cast<std::size_t>(first) * episode.frame_size(),
                                     std::min(kTogether, num_frames - first), episode.height, episode.width)));
  }
  EmbeddedEpisode embedded;
  embedded.embedding = cat(pieces);
  embedded.action = torch::tensor(episode.actions).view({episode.num_steps(), episode.action_size()});
  embedded.reward = torch::tensor(episode.rewards);
  embedded.terminated = torch::tensor(episode.terminated).to(torch::kFloat32);
  return embedded;
}

}  // namespace reverie
