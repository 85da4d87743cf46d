// What the arrow keys mean in a game, by the names of its action's components.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace reverie {

struct Arrows {
  bool left = false, right = false, up = false, down = false;
  bool any() const { return left || right || up || down; }
};

// Left and right give -1 and +1 to the component "steer", else to the first; up gives +1 to "gas", else to the second;
// down +1 to "brake", else to the third, or -1 to the second where there is no third. nullopt: no arrow is held.
std::optional<std::vector<float>> person_action(const std::vector<std::string>& names, const Arrows& arrows);

}  // namespace reverie
