// How the window looks: one colour a quantity, the same in panes, plots and panels, and apart for the colour-blind
// (after Okabe and Ito).
#pragma once

#include <imgui.h>

namespace reverie::theme {

constexpr ImU32 kBackground = IM_COL32(19, 22, 27, 255);
constexpr ImU32 kPanel = IM_COL32(27, 31, 38, 255);
constexpr ImU32 kLine = IM_COL32(46, 53, 64, 255);
constexpr ImU32 kText = IM_COL32(217, 222, 230, 255);
constexpr ImU32 kMuted = IM_COL32(136, 146, 160, 255);
constexpr ImU32 kFaint = IM_COL32(88, 97, 110, 255);

constexpr ImU32 kGame = IM_COL32(86, 180, 233, 255);            // blue: what is real
constexpr ImU32 kDream = IM_COL32(240, 160, 40, 255);           // orange: what is dreamed
constexpr ImU32 kReconstruction = IM_COL32(50, 190, 150, 255);  // green: V
constexpr ImU32 kDifference = IM_COL32(214, 130, 180, 255);     // purple: errors
constexpr ImU32 kPerson = IM_COL32(240, 228, 66, 255);          // yellow: you
constexpr ImU32 kRecording = IM_COL32(235, 80, 80, 255);

// `alpha` in 0..1.
ImU32 faded(ImU32 colour, float alpha);

// Fonts and style of the current context.
void apply();

}  // namespace reverie::theme
