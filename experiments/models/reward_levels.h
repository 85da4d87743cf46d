// What steps pay in recorded episodes, for reward heads that learn whether a step pays.
#pragma once

#include <vector>

#include "worldmodel/embedded_episodes.h"

namespace reverie {

// [2]: the reward of a step that does not pay, and of one that does (reward > 0). The first is a median, so that a rare
// large penalty does not change the cost of an ordinary step; the second is a mean.
torch::Tensor reward_levels(const EmbeddedEpisodes& source, const std::vector<int>& episodes);

}  // namespace reverie
