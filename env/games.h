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

#include "env/fields.h"
#include "env/game.h"
#include "env/record.h"

namespace reverie {

// A key with which a person plays. While any of a game's keys is held, the person's action counts: 0 in each component
// of a box, clamped to the bounds, or the discrete action with the largest value, and to it each held key adds.
struct GameKey {
  std::string key;    // as SDL names it: "Left", "J". Those that steer the window are taken, but for the four arrows
  std::string group;  // keys that belong together, such as the two directions of one thing: "steering"
  int component = 0;  // of the action, or which discrete action
  float value = 1;    // what it adds
  std::string what;   // what it does while it is held, for people: "gas"
};

// A game played open loop that keeps a record of its own, to compare with another program's.
class GameTracer {
 public:
  virtual ~GameTracer() = default;
  virtual const Game& game() const = 0;
  // scene: what a person gives in place of what the seed draws (a track); null: nothing. Throws Error where it does not
  // fit, or where the game has no such thing.
  virtual void reset(std::uint64_t seed, const Record* scene) = 0;
  virtual void step(std::span<const float> action) = 0;
  virtual bool over() const = 0;
  virtual Record::Members head() const = 0;  // of the record: which game, and what does not change
  virtual Record::Members run() const = 0;   // what happened
  // Another view, for people: fills frame [height, width, 3]. False: the game has none.
  virtual bool draw_above(int& /*height*/, int& /*width*/, std::vector<std::uint8_t>& /*frame*/) const { return false; }
};

// What the benchmark holds a game's speed against. Without these, its rows have no limit.
struct GameLimits {
  std::function<double(const Game& game)> step_seconds;  // of the last step, inside the physics engine
  std::string step_against;
  std::function<void(const Game& game)> build;  // once more, what the last reset had to build in the physics engine
  std::string build_against;
};

struct GameEntry {
  std::string name;
  std::any config;  // the game's config struct, with its defaults
  std::function<std::vector<Field>(std::any& config)> fields;
  std::function<std::unique_ptr<Game>(const std::any& config)> make;
  std::vector<GameKey> keys;

  // The rest may be missing.
  std::vector<std::vector<float>> numbered_actions;                      // what a file of actions may call 0, 1, 2, ...
  std::function<std::unique_ptr<GameTracer>()> trace;                    // null: a trace holds the game's truth
  std::function<void(const Game& game, std::span<float> action)> drive;  // somebody who plays, not well; for benchmarks
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

// All games, to which a program may add its own before it makes threads.
std::vector<GameEntry>& games();

// Throws Error (config) for an unknown name, listing the known ones.
const GameEntry& find_game(const std::string& name);

struct GameConfig {
  std::string name = "car_racing";
  int action_repeat = 1;  // of the game's own steps, for which an action is held: see action_repeat.h
  std::any section;       // the config struct of that game; empty, or another game's: that game's defaults

  // The section as one that fits the name.
  const std::any& fitting_section() const;
};

// Throws Error for an unknown name or for values out of their ranges.
GameFactory make_game_factory(const GameConfig& config);

}  // namespace reverie
