// What people would say of a moment of a game, told from its truth.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace reverie {

// One thing that can be said, such as the speed.
struct GameAttribute {
  std::string name;
  // Of each value some ways to say it, the plainest first.
  std::vector<std::vector<std::string>> wordings;
  std::function<int(std::span<const float> truth)> value;  // which of them holds; truth as Game::truth() gives it

  int num_values() const { return static_cast<int>(wordings.size()); }
};

}  // namespace reverie
