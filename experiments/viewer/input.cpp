#include "experiments/viewer/input.h"

#include <string>
#include <utility>

namespace reverie {
namespace {

bool repeats(KeyCommand command) {
  return command == KeyCommand::step || command == KeyCommand::step_back || command == KeyCommand::left ||
         command == KeyCommand::right || command == KeyCommand::colder || command == KeyCommand::warmer;
}

std::optional<KeyCommand> take_key(Input& input, const SDL_KeyboardEvent& event) {
  const bool down = event.type == SDL_KEYDOWN;
  if (down) {
    input.typed = {event.keysym, event.repeat != 0, false};
  }
  if (down && (event.keysym.mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI | KMOD_MODE)) != 0) {
    return std::nullopt;
  }
  const std::string name = SDL_GetKeyName(event.keysym.sym);
  if (down) {
    input.held.keys.insert(name);
  } else {
    input.held.keys.erase(name);
  }
  const KeyBinding* binding = find_binding(event.keysym.sym, (event.keysym.mod & KMOD_SHIFT) != 0);
  if (binding == nullptr) {
    return std::nullopt;
  }
  if (down) {
    input.typed->obeyed = true;
  }
  return down && (event.repeat == 0 || repeats(binding->command)) ? std::optional(binding->command) : std::nullopt;
}

// Alt and Ctrl with a key are for others, but AltGr, which some systems call Ctrl and Alt, makes another letter of it.
std::optional<KeyCommand> take_text(Input& input, const SDL_TextInputEvent& event) {
  const std::optional<Input::Typed> typed = std::exchange(input.typed, std::nullopt);
  const auto letter = static_cast<unsigned char>(event.text[0]);
  if (!typed || typed->obeyed || letter <= ' ' || letter >= 0x7f || event.text[1] != 0) {
    return std::nullopt;
  }
  const int held = typed->key.mod;
  const bool as_on_the_key = SDL_Keycode{letter} == typed->key.sym;
  if ((held & (KMOD_GUI | KMOD_LALT)) != 0 || (as_on_the_key && (held & (KMOD_CTRL | KMOD_ALT)) != 0)) {
    return std::nullopt;
  }
  const KeyBinding* const binding = find_binding(SDL_Keycode{letter}, false);
  return binding != nullptr && (!typed->repeats || repeats(binding->command)) ? std::optional(binding->command)
                                                                              : std::nullopt;
}

}  // namespace

std::optional<KeyCommand> take_event(Input& input, const SDL_Event& event) {
  switch (event.type) {
    case SDL_QUIT:
      input.closed = true;
      break;
    case SDL_WINDOWEVENT:
      if (event.window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
        input.held = {};  // their release goes to another window
      }
      if (event.window.event == SDL_WINDOWEVENT_CLOSE) {
        input.closed = true;
      }
      break;
    case SDL_MOUSEMOTION:
      input.pointer = {static_cast<float>(event.motion.x), static_cast<float>(event.motion.y)};
      break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
      input.pointer = {static_cast<float>(event.button.x), static_cast<float>(event.button.y)};
      if (event.button.button == SDL_BUTTON_LEFT) {
        input.pressed = event.type == SDL_MOUSEBUTTONDOWN;
      }
      break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
      return take_key(input, event.key);
    case SDL_TEXTINPUT:
      return take_text(input, event.text);
    default:
      break;
  }
  return std::nullopt;
}

std::optional<SDL_Event> to_sdl_event(const ScriptEvent& from) {
  SDL_Event event{};
  switch (from.kind) {
    case ScriptEvent::Kind::key_down:
    case ScriptEvent::Kind::key_up:
      event.type = from.kind == ScriptEvent::Kind::key_down ? SDL_KEYDOWN : SDL_KEYUP;
      event.key.keysym.sym = from.key;
      event.key.keysym.scancode = SDL_GetScancodeFromKey(from.key);
      event.key.keysym.mod = from.shift ? KMOD_LSHIFT : KMOD_NONE;
      break;
    case ScriptEvent::Kind::move:
      event.type = SDL_MOUSEMOTION;
      event.motion.x = from.x;
      event.motion.y = from.y;
      break;
    case ScriptEvent::Kind::button_down:
    case ScriptEvent::Kind::button_up:
      event.type = from.kind == ScriptEvent::Kind::button_down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP;
      event.button.button = SDL_BUTTON_LEFT;
      event.button.x = from.x;
      event.button.y = from.y;
      break;
    case ScriptEvent::Kind::wheel:
      event.type = SDL_MOUSEWHEEL;
      event.wheel.y = from.y;
      break;
    case ScriptEvent::Kind::resize:
    case ScriptEvent::Kind::screenshot:
      return std::nullopt;
    case ScriptEvent::Kind::focus:
      event.type = SDL_WINDOWEVENT;
      event.window.event = from.x != 0 ? SDL_WINDOWEVENT_FOCUS_GAINED : SDL_WINDOWEVENT_FOCUS_LOST;
      break;
    case ScriptEvent::Kind::quit:
      event.type = SDL_QUIT;
      break;
  }
  return event;
}

}  // namespace reverie
