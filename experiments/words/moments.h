// Moments of recorded games: what the world model makes of them, and what holds there.
#pragma once

#include <functional>
#include <vector>

#include "env/sentence.h"
#include "experiments/run/experiment.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

struct Moments {
  torch::Tensor features;      // [n, feature], with the noise of play
  std::vector<Saying> values;  // [n], of the game's attributes
  std::vector<int> episode;    // [n], of the store
  std::vector<int> step;       // [n]

  std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
};

// One moment in `every` of these episodes, whose games are played again for what holds (scoring/replayed_truth.h).
// Error (kind data) where the game has no attributes.
Moments moments_of(const Experiment& experiment, const WorldModel& model, const EmbeddedEpisodes& source,
                   const std::vector<int>& episodes, int every);

// What holds at each moment of an episode that was recorded: [T + 1].
std::vector<Saying> values_along(const Experiment& experiment, const RecordedEpisode& episode);

// What the model shows of each moment of an episode, with the noise of play: [T + 1, feature].
torch::Tensor features_along(const WorldModel& model, const EmbeddedEpisode& episode, std::uint64_t seed);

}  // namespace reverie
