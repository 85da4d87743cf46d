#include "experiments/scoring/replayed_truth.h"

#include "env/error.h"

namespace reverie {

torch::Tensor replay_truth(const GameFactory& make_game, const RecordedEpisode& episode) {
  const std::unique_ptr<Game> game = make_game();
  const std::size_t width = game->truth_names().size(), actions = static_cast<std::size_t>(episode.action_size());
  const torch::Tensor truth = torch::zeros({episode.num_steps() + 1, static_cast<std::int64_t>(width)});
  const auto look = [&](std::size_t moment) { game->truth({truth.data_ptr<float>() + moment * width, width}); };
  if (width == 0) {
    return truth;
  }
  game->reset(episode.seed);
  look(0);
  for (std::size_t t = 0; t < episode.rewards.size(); ++t) {
    const auto paid = static_cast<float>(game->step({episode.actions.data() + t * actions, actions}).reward);
    if (const float recorded = episode.rewards[t]; paid != recorded) {
      throw Error(ErrorKind::data, str("the episode of seed ", episode.seed, ", played again: step ", t,
                                       ": expected the recorded reward ", recorded, ", found ", paid));
    }
    look(t + 1);
  }
  return truth;
}

}  // namespace reverie
