// What a recorded episode's game knew at each moment: the game is played again under the recorded actions.
#pragma once

#include <torch/torch.h>

#include "env/game.h"
#include "worldmodel/data/episode_store.h"

namespace reverie {

// Game::truth() after the reset and after each step, float32 [T + 1, truth_names]; nothing is played of a game that has
// none. Error (kind data) where the game pays otherwise than recorded: it is another one.
torch::Tensor replay_truth(const GameFactory& make_game, const RecordedEpisode& episode);

}  // namespace reverie
