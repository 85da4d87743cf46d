// What the keys that a person holds mean in a game. The game says it: see GameKey in env/games.h.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "env/games.h"

namespace reverie {

using HeldKeys = std::set<std::string>;  // by SDL's names

// nullopt: none of the game's keys is held.
std::optional<std::vector<float>> person_action(const GameSpec& game, const std::vector<GameKey>& keys,
                                                const HeldKeys& held);

}  // namespace reverie
