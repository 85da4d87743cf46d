// Where everything stands in the window. Pixels, (0, 0) is the upper left corner; no drawing. `scale` enlarges what has
// a size of its own: bars, columns, labels and gaps.
#pragma once

#include <vector>

namespace reverie {

struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

struct WindowLayout {
  Box header, transport, status;
  Box panels;  // the column on the right; empty when hidden or where the window is too narrow
  struct Side {
    Box title, panes, plots;  // title: empty for one alone, whose title is in the header
  };
  std::vector<Side> sides;
};

// The sides stand beside each other in a wide window, below each other in a tall one.
WindowLayout lay_out_window(int width, int height, bool with_panels, int num_sides, float scale = 1);

// Pictures of [picture_height, picture_width], each enlarged by a whole number and with room for a label above: all
// main panes alike, all small ones alike and not larger. `boxes` holds the main ones first, without the labels. The
// largest arrangement that fits, in the middle of `area`; enlarged once where nothing fits.
struct PaneLayout {
  static constexpr int kLabel = 20, kGap = 12;  // pixels, at scale 1
  bool fits = false;
  int main_scale = 1, small_scale = 1;
  std::vector<Box> boxes;
};

PaneLayout lay_out_panes(const Box& area, int num_main, int num_small, int picture_height, int picture_width,
                         float scale = 1);

// A grid of `count` equal cells, at most `columns` wide.
std::vector<Box> lay_out_grid(const Box& area, int count, int columns, int gap);

}  // namespace reverie
