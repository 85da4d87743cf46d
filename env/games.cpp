#include "env/games.h"

#include "env/error.h"

namespace reverie {

GameFactory make_game_factory(const GameConfig& config) {
  if (config.name == "car_racing") {
    config.car_racing.validate();
    return [car_racing = config.car_racing] { return std::make_unique<CarRacing>(car_racing); };
  }
  throw Error(ErrorKind::config, str("unknown game '", config.name, "' (known: car_racing)"));
}

}  // namespace reverie
