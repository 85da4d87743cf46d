#include "experiments/viewer/person.h"

#include <algorithm>
#include <cstddef>

#include "env/discrete.h"

namespace reverie {

std::optional<PersonAction> Hands::act(const GameSpec& game, const std::vector<GameKey>& keys, const Held& held,
                                       double seconds) {
  const bool discrete = game.actions == ActionKind::discrete;
  amounts_.resize(keys.size(), 0.0f);
  std::set<std::string> groups;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const GameKey& key = keys[i];
    float& amount = amounts_[i];
    if (held.keys.count(key.key) == 0) {
      amount = 0;
    } else {
      amount = key.ramp > 0 && !discrete ? std::min(1.0f, amount + static_cast<float>(seconds) / key.ramp) : 1.0f;
    }
    if (held.keys.count(key.key) > 0 || held.sticks.count(key.stick) > 0) {
      groups.insert(key.group);
    }
  }
  if (groups.empty()) {
    return std::nullopt;
  }
  PersonAction action;
  action.values.resize(game.action_low.size(), 0.0f);
  action.mine.resize(game.action_low.size(), discrete);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto component = static_cast<std::size_t>(keys[i].component);
    if (groups.count(keys[i].group) == 0 || component >= action.values.size()) {
      continue;
    }
    const auto stick = held.sticks.find(keys[i].stick);
    const float moved = stick == held.sticks.end() ? 0.0f : stick->second;
    action.values[component] += keys[i].value * std::max(amounts_[i], moved);
    action.mine[component] = true;
  }
  if (discrete) {
    play_largest(action.values);
  }
  for (std::size_t i = 0; i < action.values.size(); ++i) {
    action.values[i] = std::clamp(action.values[i], game.action_low[i], game.action_high[i]);
  }
  return action;
}

}  // namespace reverie
