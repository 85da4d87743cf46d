#include "experiments/viewer/game_controller.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr float kDeadZone = 0.12f;  // of a stick's way: sticks at rest are seldom quite in the middle

void set(std::map<std::string, float>& sticks, const std::string& name, float amount) {
  if (amount > 0) {
    sticks[name] = amount;
  } else {
    sticks.erase(name);
  }
}

float beyond_dead_zone(float moved) {
  return std::clamp((moved - kDeadZone) / (1 - kDeadZone), 0.0f, 1.0f);
}

}  // namespace

void GameControllers::take_event(const SDL_Event& event, std::map<std::string, float>& sticks) {
  switch (event.type) {
    case SDL_CONTROLLERDEVICEADDED:
      if (SDL_GameController* controller = SDL_GameControllerOpen(event.cdevice.which)) {
        opened_.emplace_back(controller);
      }
      break;
    case SDL_CONTROLLERDEVICEREMOVED:
      sticks.clear();  // none of them comes back to rest any more
      opened_.erase(
          std::remove_if(opened_.begin(), opened_.end(),
                         [](const auto& one) { return SDL_GameControllerGetAttached(one.get()) == SDL_FALSE; }),
          opened_.end());
      break;
    case SDL_CONTROLLERAXISMOTION: {
      const auto axis = static_cast<SDL_GameControllerAxis>(event.caxis.axis);
      const char* const name = SDL_GameControllerGetStringForAxis(axis);
      if (name == nullptr) {
        break;
      }
      const float moved = static_cast<float>(event.caxis.value) / 32767.0f;
      if (axis == SDL_CONTROLLER_AXIS_TRIGGERLEFT || axis == SDL_CONTROLLER_AXIS_TRIGGERRIGHT) {
        set(sticks, name, beyond_dead_zone(moved));
      } else {
        set(sticks, std::string(name) + "-", beyond_dead_zone(-moved));
        set(sticks, std::string(name) + "+", beyond_dead_zone(moved));
      }
      break;
    }
    case SDL_CONTROLLERBUTTONDOWN:
    case SDL_CONTROLLERBUTTONUP: {
      const auto button = static_cast<SDL_GameControllerButton>(event.cbutton.button);
      if (const char* const name = SDL_GameControllerGetStringForButton(button)) {
        set(sticks, name, event.type == SDL_CONTROLLERBUTTONDOWN ? 1.0f : 0.0f);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace reverie
