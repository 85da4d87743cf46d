// How much larger than designed the window's text and parts are drawn. Pixels; no drawing.
#pragma once

namespace reverie {

constexpr float kSmallestScale = 0.75f, kLargestScale = 4.0f, kScaleStep = 0.25f;

// The scale for a display of `height` lines and with so many dots per inch (0: unknown): 1 up to 1,200 lines at 96 dots
// per inch, 2 at 2,160 lines.
float scale_of_display(int height, float dots_per_inch);

// `wanted` in whole steps, or the largest scale below it with which a window of that size is not more crowded than one
// of 640x480 at scale 1; at least kSmallestScale.
float scale_within(float wanted, int width, int height);

}  // namespace reverie
