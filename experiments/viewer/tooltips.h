// Tooltips: a sentence of explanations.h about the thing that the pointer rests on.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "experiments/viewer/layout.h"

namespace reverie {

// A tooltip is shown from the first to the last of these frames, counted from when the pointer came to rest.
constexpr int kFirstTooltipFrame = 20, kLastTooltipFrame = 320;

// Call it once for each drawn frame, after ImGui::NewFrame(). frames: how many have passed since the last drawn one.
// covered: no tooltip is shown, because something lies over the window or a person plays.
void begin_tooltips(int frames, bool covered);

void tooltip(const Box& box, std::string_view name);  // of what was drawn there into the current Dear ImGui window
void item_tooltip(std::string_view name);             // of Dear ImGui's last item

// For tests: all names that were asked for so far, which are the things that one can point at.
const std::set<std::string, std::less<>>& names_pointed_at();

}  // namespace reverie
