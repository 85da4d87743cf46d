#include "env/games.h"

#include "env/action_repeat.h"
#include "env/error.h"

namespace reverie {
namespace {

GameFactory make_plain_game_factory(const GameConfig& config) {
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

}  // namespace

GameFactory make_game_factory(const GameConfig& config) {
  const GameFactory make_game = make_plain_game_factory(config);
  if (config.action_repeat == 1) {
    return make_game;
  }
  return [make_game, repeat = config.action_repeat] { return std::make_unique<ActionRepeat>(make_game(), repeat); };
}

}  // namespace reverie
