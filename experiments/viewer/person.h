// What the keys that a person holds, or a game controller, mean in a game. The game says it: see GameKey in
// env/games.h.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "env/games.h"

namespace reverie {

// The part of an action that a person decides. The agent decides the rest.
struct PersonAction {
  PersonAction() = default;
  PersonAction(std::vector<float> all) : values(std::move(all)), mine(values.size(), true) {}

  std::vector<float> values;  // [action]
  std::vector<bool> mine;     // [action]: true where the person decides
  bool operator==(const PersonAction&) const = default;
};

struct Held {
  std::set<std::string> keys;           // by SDL's names
  std::map<std::string, float> sticks;  // of a game controller: how far, 0 to 1, by the names of GameKey::stick
  bool empty() const { return keys.empty() && sticks.empty(); }
};

// A person's hands on one game. They remember for how long its keys have been held.
class Hands {
 public:
  // The person's action after these keys were held for `seconds` more. nullopt if none of them is a key of the game.
  std::optional<PersonAction> act(const GameSpec& game, const std::vector<GameKey>& keys, const Held& held,
                                  double seconds);

 private:
  std::vector<float> amounts_;  // how far each key has come, 0 to 1
};

}  // namespace reverie
