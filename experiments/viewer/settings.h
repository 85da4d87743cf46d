// What the window remembers from one start to the next.
#pragma once

#include <filesystem>

namespace reverie {

struct WindowSettings {
  bool card = true;  // shown at the start
};

// $XDG_CONFIG_HOME/reverie/play, else ~/.config/reverie/play; empty where neither folder is known.
std::filesystem::path settings_file();

// A missing or damaged file gives the defaults. A file that cannot be written is ignored. Neither throws an Error.
WindowSettings read_settings(const std::filesystem::path& file);
void write_settings(const std::filesystem::path& file, const WindowSettings& settings);

}  // namespace reverie
