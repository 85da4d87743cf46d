// The one table of keys: what the window obeys, what F1 shows, and what `reverie play --keys` prints for the README.
// The keys that play a game are the game's own (env/games.h).
#pragma once

#include <SDL.h>

#include <string>
#include <vector>

#include "env/games.h"

namespace reverie {

enum class KeyCommand {
  mode_game,
  mode_dream,
  mode_locked,
  mode_browse,
  next_mode,
  dream_here,
  dream_anew,
  left,
  right,
  pause,
  step,
  step_back,
  oldest,
  newest,
  slower,
  faster,
  reset,
  next_seed,
  previous_seed,
  back_to_paid,
  stay,
  random_latent,
  redream,
  redraw,
  warmer,
  colder,
  reload,
  switch_iteration,
  record,
  screenshot,
  panels,
  instruments,
  help,
  quit,
  record_gif,
  film_part,
  larger,
  smaller,
  own_scale,
  fullscreen,
  card,
};

struct KeyBinding {
  KeyCommand command;
  std::vector<SDL_Keycode> codes;
  bool shift;
  const char* key;    // as shown to people
  const char* group;  // as shown to people; the table is in the order of groups
  const char* what;
  bool ctrl = false;
};

const std::vector<KeyBinding>& key_bindings();

// nullptr where nothing is bound. Shift matters only where the table has a binding of its own for it, and never with
// Ctrl.
const KeyBinding* find_binding(SDL_Keycode code, bool shift, bool ctrl = false);

// A row of the table as people see it: the window's keys and the game's.
struct KeyHelp {
  std::string key, group, what;
};
// game_group: what to call the group of `game`.
std::vector<KeyHelp> key_help(const std::string& game_group, const std::vector<GameKey>& game);

std::string keys_as_markdown();  // a table with one row a key, with those of all games

}  // namespace reverie
