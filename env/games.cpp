#include "env/games.h"

#include "env/error.h"

namespace reverie {

GameFactory make_game_factory(const GameConfig& config) {
  if (config.name == "car_racing") {
    config.car_racing.validate();
    return [car_racing = config.car_racing] { return std::make_unique<CarRacing>(car_racing); };
  }
  if (config.name == "take_cover") {
    config.take_cover.validate();
    return [take_cover = config.take_cover] { return std::make_unique<TakeCover>(take_cover); };
  }
  throw Error(ErrorKind::config, str("unknown game '", config.name, "' (known: car_racing, take_cover)"));
}

}  // namespace reverie
