// The games by name. Each is a folder of its own and one line in games.cpp; nothing else names one.
#pragma once

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "env/attribute.h"
#include "env/fields.h"
#include "env/game.h"
#include "env/record.h"

namespace reverie {

// A key with which a person plays. While a key is held, all components of its group are the person's, and the others
// stay the agent's: each of the person's components starts at 0, and each held key adds its value. A box is then
// clamped to its bounds; of discrete actions the one with the largest value is played, and no component is the agent's.
struct GameKey {
  std::string key;    // as SDL names it: "Left", "J". Of the window's own keys, games may use the four arrows only
  std::string group;  // keys that belong together, such as the two directions of one thing: "steering"
  int component = 0;  // of the action, or which discrete action
  float value = 1;    // what it adds
  std::string what;   // what it does while it is held, for people: "gas"
  float ramp = 0;     // seconds until a held key adds its whole value; of a box only
  // What does the same on a game controller, as SDL names it, with a sign for half of a stick's way: "leftx-",
  // "righttrigger", "dpleft"; empty: nothing. How far it is moved scales the value, at once.
  std::string stick = "";
};

// A game played open loop that keeps a record of its own, to compare with another program's.
class GameTracer {
 public:
  virtual ~GameTracer() = default;
  virtual const Game& game() const = 0;
  // scene: given in place of what the seed would draw, such as a track; null: the seed draws it. Throws Error where the
  // scene does not fit, or where the game takes none.
  virtual void reset(std::uint64_t seed, const Record* scene) = 0;
  virtual void step(std::span<const float> action) = 0;
  virtual bool over() const = 0;
  virtual Record::Members head() const = 0;  // of the record: which game, and what does not change
  virtual Record::Members run() const = 0;   // what happened
  // Another view, for people: fills frame [height, width, 3]. False: the game has none.
  virtual bool draw_above(int& /*height*/, int& /*width*/, std::vector<std::uint8_t>& /*frame*/) const { return false; }
};

// What the benchmark compares the game's speed with. Without these, the game's rows have no limit.
struct GameLimits {
  std::function<double(const Game& game)> step_seconds;  // of the last step, inside the physics engine
  std::string step_against;
  std::function<void(const Game& game)> build;  // builds again what the last reset built in the physics engine
  std::string build_against;
};

struct GameEntry {
  std::string name;
  std::any config;  // the game's config struct, with its defaults
  std::function<std::vector<Field>(std::any& config)> fields;
  std::function<std::unique_ptr<Game>(const std::any& config)> make;
  std::vector<GameKey> keys;

  // The rest may be missing.
  std::vector<GameAttribute> attributes;  // what sentences about its moments can say
  std::string lost;  // for people, what has happened to an agent that is paid nothing for long: "left the road"
  std::vector<std::vector<float>> numbered_actions;    // the discrete form of a box, by number: 0, 1, 2, ...
  std::function<std::unique_ptr<GameTracer>()> trace;  // null: a trace holds the game's truth
  std::function<void(const Game& game, std::span<float> action)> drive;  // a scripted player, for benchmarks
  std::string bench_name;  // of its rows: "game"; empty: the benchmark leaves it out
  GameLimits limits;
};

// The entry of a game whose class is made from its config struct, which has a fields() beside it.
template <typename GameClass, typename Config>
GameEntry game_entry(std::string name) {
  GameEntry entry;
  entry.name = std::move(name);
  entry.config = Config{};
  entry.fields = [](std::any& config) { return fields(std::any_cast<Config&>(config)); };
  entry.make = [](const std::any& config) { return std::make_unique<GameClass>(std::any_cast<const Config&>(config)); };
  return entry;
}

// The table of games. A program may add its own before it starts threads.
std::vector<GameEntry>& games();

// Throws Error (config) for an unknown name, listing the known ones.
const GameEntry& find_game(const std::string& name);

struct GameConfig {
  std::string name = "car_racing";
  int action_repeat = 1;  // of the game's own steps, for which an action is held: see action_repeat.h
  std::any section;       // the config struct of that game; empty, or another game's: that game's defaults

  // The section where it belongs to the game `name`, else that game's defaults.
  const std::any& fitting_section() const;
};

// Throws Error for an unknown name or for values out of their ranges. Of a schedule the last value holds, unless the
// config is that of one iteration.
GameFactory make_game_factory(const GameConfig& config);

}  // namespace reverie
