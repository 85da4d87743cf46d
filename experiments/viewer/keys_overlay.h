// The table of keys over the whole window.
#pragma once

#include <vector>

#include "env/games.h"

namespace reverie {

// width, height: of the window, in pixels. game: those of the games that are shown.
void draw_keys_overlay(int width, int height, const std::vector<GameKey>& game);

}  // namespace reverie
