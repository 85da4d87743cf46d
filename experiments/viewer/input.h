// What a person, or a script in one's place, does to the window.
#pragma once

#include <SDL.h>
#include <imgui.h>

#include <optional>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/script.h"

namespace reverie {

struct Input {
  Held held;
  ImVec2 pointer{-1, -1};  // pixels
  bool pressed = false;    // the left button
  bool closed = false;     // the window is to go

  // The key whose text, if it has one, is the next event.
  struct Typed {
    SDL_Keysym key;
    bool repeats, obeyed;  // obeyed: the key itself is in the table
  };
  std::optional<Typed> typed;
};

// The command of a key that was just pressed; else nullopt. A key that is not in the table itself counts as what it
// types: on many keyboards [ is AltGr+8, and 1 is Shift+&.
std::optional<KeyCommand> take_event(Input& input, const SDL_Event& event);

// nullopt for what is no event of SDL: resize and screenshot.
std::optional<SDL_Event> to_sdl_event(const ScriptEvent& from);

}  // namespace reverie
