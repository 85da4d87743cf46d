// How the window looks: one colour a quantity, the same in panes, plots and panels, and in reports.
#pragma once

#include <imgui.h>

#include "experiments/run/palette.h"

namespace reverie::theme {

constexpr ImU32 kBackground = IM_COL32(19, 22, 27, 255);
constexpr ImU32 kPanel = IM_COL32(27, 31, 38, 255);
constexpr ImU32 kLine = IM_COL32(46, 53, 64, 255);
constexpr ImU32 kText = IM_COL32(217, 222, 230, 255);
constexpr ImU32 kMuted = IM_COL32(136, 146, 160, 255);
constexpr ImU32 kFaint = IM_COL32(88, 97, 110, 255);

constexpr ImU32 on_dark(const palette::Colour& colour) {
  return IM_COL32(colour.on_dark.red, colour.on_dark.green, colour.on_dark.blue, 255);
}
constexpr ImU32 kGame = on_dark(palette::kGame);
constexpr ImU32 kDream = on_dark(palette::kDream);
constexpr ImU32 kReconstruction = on_dark(palette::kReconstruction);
constexpr ImU32 kDifference = on_dark(palette::kError);
constexpr ImU32 kPerson = on_dark(palette::kPerson);
constexpr ImU32 kRecording = IM_COL32(235, 80, 80, 255);

// `alpha` in 0..1.
ImU32 faded(ImU32 colour, float alpha);

// Fonts and style of the current context, enlarged. Fonts of an earlier call are gone: a renderer takes the new ones.
void apply(float scale);
float scale();               // of the last apply(); 1 before
float scaled(float pixels);  // in whole pixels
ImFont* font();
ImFont* small_font();  // for the table of keys, where its window is small

}  // namespace reverie::theme
