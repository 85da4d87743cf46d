#include "env/games.h"

#include "env/action_repeat.h"
#include "env/car_racing/car_racing_entry.h"
#include "env/error.h"
#include "env/take_cover/take_cover_entry.h"

namespace reverie {

std::vector<GameEntry>& games() {
  static std::vector<GameEntry> table = {
      car_racing_entry(),
      take_cover_entry(),
  };
  return table;
}

const GameEntry& find_game(const std::string& name) {
  std::string known;
  for (const GameEntry& entry : games()) {
    if (entry.name == name) {
      return entry;
    }
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  throw Error(ErrorKind::config, str("unknown game '", name, "' (known: ", known, ")"));
}

const std::any& GameConfig::fitting_section() const {
  const std::any& defaults = find_game(name).config;
  return section.type() == defaults.type() ? section : defaults;
}

GameFactory make_game_factory(const GameConfig& config) {
  const GameEntry& entry = find_game(config.name);
  std::any section = config.fitting_section();
  check_fields(entry.fields(section));
  resolve_fields(entry.fields(section), kLastIteration);
  GameFactory make_game = [make = entry.make, section] { return make(section); };
  if (config.action_repeat == 1) {
    return make_game;
  }
  return [make_game, repeat = config.action_repeat] { return std::make_unique<ActionRepeat>(make_game(), repeat); };
}

}  // namespace reverie
