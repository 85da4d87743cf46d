#include "experiments/viewer/person.h"

#include <algorithm>
#include <cstddef>

namespace reverie {
namespace {

std::size_t component(const std::vector<std::string>& names, const char* name, std::size_t otherwise) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found != names.end() ? static_cast<std::size_t>(found - names.begin()) : otherwise;
}

}  // namespace

std::optional<std::vector<float>> person_action(const std::vector<std::string>& names, const Arrows& arrows) {
  if (!arrows.any()) {
    return std::nullopt;
  }
  std::vector<float> action(names.size(), 0.0f);
  const auto add = [&](std::size_t index, float value) {
    if (index < action.size()) {
      action[index] += value;
    }
  };
  const std::size_t sideways = component(names, "steer", 0), up = component(names, "gas", 1);
  const std::size_t down = component(names, "brake", 2);
  add(sideways, (arrows.right ? 1.0f : 0.0f) - (arrows.left ? 1.0f : 0.0f));
  add(up, arrows.up ? 1.0f : 0.0f);
  if (down < action.size()) {
    add(down, arrows.down ? 1.0f : 0.0f);
  } else {
    add(up, arrows.down ? -1.0f : 0.0f);
  }
  return action;
}

}  // namespace reverie
