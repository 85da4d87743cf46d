// The table of keys over the whole window.
#pragma once

namespace reverie {

void draw_keys_overlay(int width, int height);  // of the window, in pixels

}  // namespace reverie
