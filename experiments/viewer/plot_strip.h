// The row of curves below the pictures, with how fast all that goes as its last cell.
#pragma once

#include "experiments/viewer/layout.h"
#include "experiments/viewer/workbench.h"

namespace reverie {

// Into the current Dear ImGui window. frame_rate: 0 shows "-", as do timings of zero.
void draw_plot_strip(const Box& box, const View& view, const Facts& facts, double frame_rate);

}  // namespace reverie
