#include "experiments/viewer/keys.h"

#include <algorithm>

#include "env/error.h"

namespace reverie {

const std::vector<KeyBinding>& key_bindings() {
  static const std::vector<KeyBinding> table = {
      {KeyCommand::mode_game, {SDLK_1}, false, "1", "Modes", "the agent in the game"},
      {KeyCommand::mode_dream, {SDLK_2}, false, "2", "Modes", "the agent in the dream"},
      {KeyCommand::mode_locked, {SDLK_3}, false, "3", "Modes", "locked: game and dream under the same actions"},
      {KeyCommand::mode_browse, {SDLK_4}, false, "4", "Modes", "browse recorded episodes"},
      {KeyCommand::next_mode, {SDLK_TAB}, false, "Tab", "Modes", "the next mode that is available"},

      {KeyCommand::dream_here, {SDLK_d}, false, "d", "Dream", "dream from this very moment, beside the game"},
      {KeyCommand::dream_anew, {SDLK_d}, true, "Shift+d", "Dream", "a dream alone, from a recorded start"},
      {KeyCommand::random_latent, {SDLK_z}, false, "z", "Dream", "a random z from the prior"},
      {KeyCommand::colder,
       {SDLK_LEFTBRACKET, SDLK_PAGEDOWN},
       false,
       "[",
       "Dream",
       "lower temperature, by 0.05, as Page Down does"},
      {KeyCommand::warmer,
       {SDLK_RIGHTBRACKET, SDLK_PAGEUP},
       false,
       "]",
       "Dream",
       "higher temperature, by 0.05, as Page Up does"},
      {KeyCommand::redraw, {SDLK_y}, false, "y", "Dream", "the dream's last step again, with other draws, and pause"},
      {KeyCommand::redream, {SDLK_k}, false, "k", "Dream", "locked: when the dream begins again by itself"},

      {KeyCommand::pause, {SDLK_SPACE}, false, "Space", "Time", "pause, and go on from the moment shown"},
      {KeyCommand::step, {SDLK_PERIOD}, false, ".", "Time", "one step forward, and pause"},
      {KeyCommand::step_back, {SDLK_COMMA}, false, ",", "Time", "one step back, and pause"},
      {KeyCommand::right, {SDLK_RIGHT}, false, "Right", "Time", "when paused, a step forward"},
      {KeyCommand::left, {SDLK_LEFT}, false, "Left", "Time", "when paused, a step back"},
      {KeyCommand::oldest, {SDLK_HOME}, false, "Home", "Time", "the oldest moment kept"},
      {KeyCommand::newest, {SDLK_END}, false, "End", "Time", "the present"},
      {KeyCommand::slower, {SDLK_MINUS, SDLK_KP_MINUS}, false, "-", "Time", "slower"},
      {KeyCommand::faster, {SDLK_PLUS, SDLK_EQUALS, SDLK_KP_PLUS}, false, "+", "Time", "faster"},
      {KeyCommand::reset, {SDLK_r}, false, "r", "Time", "the same episode again"},
      {KeyCommand::next_seed, {SDLK_n}, false, "n", "Time", "the next seed, or the next recording"},
      {KeyCommand::previous_seed, {SDLK_n}, true, "Shift+n", "Time", "the one before"},
      {KeyCommand::back_to_paid, {SDLK_b}, false, "b", "Time", "back to a second before the last reward"},
      {KeyCommand::stay, {SDLK_a}, false, "a", "Time", "stay at an episode's end, or go on with the next"},

      {KeyCommand::reload, {SDLK_l}, false, "l", "Window", "take the newest controller of this run"},
      {KeyCommand::switch_iteration,
       {SDLK_u},
       false,
       "u",
       "Window",
       "the world model and controller of the iteration before (of an adapted run: without its adapter), and back"},
      {KeyCommand::record,
       {SDLK_g},
       false,
       "g",
       "Window",
       "record a film (MP4, or GIF without ffmpeg): start and stop"},
      {KeyCommand::screenshot, {SDLK_p}, false, "p", "Window", "screenshot"},
      {KeyCommand::panels, {SDLK_h}, false, "h", "Window", "hide and show the panels"},
      {KeyCommand::instruments, {SDLK_i}, false, "i", "Window", "the game's own picture, with its instruments"},
      {KeyCommand::help, {SDLK_F1}, false, "F1", "Window", "these keys"},
      {KeyCommand::quit, {SDLK_q, SDLK_ESCAPE}, false, "q", "Window", "quit, as Esc does"},
      {KeyCommand::record_gif, {SDLK_g}, true, "Shift+g", "Window", "record a GIF"},
      {KeyCommand::film_part, {SDLK_v}, false, "v", "Window", "films of the pictures alone, or of the whole window"},
      {KeyCommand::fullscreen, {SDLK_f, SDLK_F11}, false, "f", "Window", "full screen, as F11 does"},
      {KeyCommand::larger,
       {SDLK_PLUS, SDLK_EQUALS, SDLK_KP_PLUS},
       false,
       "Ctrl++",
       "Window",
       "larger text and panels",
       true},
      {KeyCommand::smaller, {SDLK_MINUS, SDLK_KP_MINUS}, false, "Ctrl+-", "Window", "smaller text and panels", true},
      {KeyCommand::own_scale, {SDLK_0, SDLK_KP_0}, false, "Ctrl+0", "Window", "text of the display's own size", true},
      {KeyCommand::card, {SDLK_c}, false, "c", "Window", "the card of the first start"},
  };
  return table;
}

const KeyBinding* find_binding(SDL_Keycode code, bool shift, bool ctrl) {
  const KeyBinding* plain = nullptr;
  for (const KeyBinding& binding : key_bindings()) {
    if (binding.ctrl == ctrl && std::find(binding.codes.begin(), binding.codes.end(), code) != binding.codes.end()) {
      if (binding.shift == shift || ctrl) {
        return &binding;
      }
      plain = binding.shift ? plain : &binding;
    }
  }
  return plain;
}

namespace {

const char* const kBeforeGame = "Dream";  // the group after which the game's comes

void add_game(std::vector<KeyHelp>& table, const std::string& group, const std::vector<GameKey>& game) {
  for (const GameKey& key : game) {
    table.push_back({key.key, group, key.what + " while held; let go, and the agent plays on"});
  }
}

template <typename AddGames>
std::vector<KeyHelp> merged(AddGames add_games) {
  std::vector<KeyHelp> table;
  std::string group;
  for (const KeyBinding& binding : key_bindings()) {
    if (group == kBeforeGame && binding.group != group) {
      add_games(table);
    }
    group = binding.group;
    table.push_back({binding.key, binding.group, binding.what});
  }
  return table;
}

}  // namespace

std::vector<KeyHelp> key_help(const std::string& game_group, const std::vector<GameKey>& game) {
  return merged([&](std::vector<KeyHelp>& table) { add_game(table, game_group, game); });
}

std::string keys_as_markdown() {
  const std::vector<KeyHelp> rows = merged([](std::vector<KeyHelp>& all) {
    for (const GameEntry& entry : games()) {
      add_game(all, "You play " + entry.name, entry.keys);
    }
  });
  std::string table = "| | key | what it does |\n| --- | --- | --- |\n";
  std::string group;
  for (const KeyHelp& row : rows) {
    table += str("| ", group == row.group ? "" : row.group, " | `", row.key, "` | ", row.what, " |\n");
    group = row.group;
  }
  return table;
}

}  // namespace reverie
