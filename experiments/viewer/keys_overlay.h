// The table of keys over the whole window, below a small picture of what stands where.
#pragma once

#include <vector>

#include "env/games.h"
#include "experiments/viewer/overlay.h"
#include "experiments/viewer/session.h"

namespace reverie {

// width, height: of the window, in pixels. mode: the one shown. game: the keys of the games that are shown. In a small
// window the text is smaller, the picture lower or left out, and the table in more columns; `fits` says whether that
// was enough.
OverlayPage lay_out_keys(int width, int height, Mode mode, const std::vector<GameKey>& game);

}  // namespace reverie
