// The games by name.
#pragma once

#include <string>

#include "env/car_racing/car_racing.h"
#include "env/game.h"
#include "env/take_cover/take_cover.h"

namespace reverie {

struct GameConfig {
  std::string name = "car_racing";
  int action_repeat = 1;  // of the game's own steps, for which an action is held: see action_repeat.h
  CarRacingConfig car_racing;
  TakeCoverConfig take_cover;
};

// Throws Error for an unknown name, listing the known ones.
GameFactory make_game_factory(const GameConfig& config);

}  // namespace reverie
