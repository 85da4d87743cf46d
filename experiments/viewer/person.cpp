#include "experiments/viewer/person.h"

#include <algorithm>
#include <cstddef>

#include "env/discrete.h"

namespace reverie {

std::optional<std::vector<float>> person_action(const GameSpec& game, const std::vector<GameKey>& keys,
                                                const HeldKeys& held) {
  std::vector<float> action(game.action_low.size(), 0.0f);
  bool any = false;
  for (const GameKey& key : keys) {
    if (held.count(key.key) > 0 && key.component >= 0 && key.component < static_cast<int>(action.size())) {
      action[static_cast<std::size_t>(key.component)] += key.value;
      any = true;
    }
  }
  if (!any) {
    return std::nullopt;
  }
  if (game.actions == ActionKind::discrete) {
    play_largest(action);
  }
  for (std::size_t i = 0; i < action.size(); ++i) {
    action[i] = std::clamp(action[i], game.action_low[i], game.action_high[i]);
  }
  return action;
}

}  // namespace reverie
