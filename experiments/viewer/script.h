// Timed events from a file, for tests and for the pictures of the README.
//
// One event a line, "FRAME EVENT ARGUMENTS"; empty lines and lines that start with # are skipped. Frames are the
// window's, counted from 0, and never decrease. Keys are named as SDL names them: d, Space, Left, F1, shift+d, ctrl++.
//
//   10 key d             pressed and let go
//   20 down Left         held ...
//   30 up Left           ... until here
//   40 move X Y          the mouse, in pixels
//   40 click X Y
//   45 drag X0 Y0 X1 Y1  over four frames
//   46 wheel N           N > 0: up
//   50 resize 900 700
//   60 screenshot NAME.png
//   70 focus lost        or: focus gained
//   100 quit
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct ScriptEvent {
  enum class Kind { key_down, key_up, move, button_down, button_up, wheel, resize, screenshot, focus, quit };

  int frame = 0;
  Kind kind = Kind::quit;
  int key = 0;                       // SDL_Keycode
  bool shift = false, ctrl = false;  // held with the key
  int x = 0, y = 0;                  // place, size, or wheel; focus: 1 gained, 0 lost
  std::string name;                  // of the picture
};

// In order. Error (kind usage): "NAME:LINE: what was expected, found".
std::vector<ScriptEvent> parse_script(std::string_view text, const std::string& name);
std::vector<ScriptEvent> read_script(const std::filesystem::path& path);

}  // namespace reverie
