// A sentence about what the pointer rests on: explanations.h.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "experiments/viewer/layout.h"

namespace reverie {

// A tooltip is there from so many frames after the pointer came to rest to so many.
constexpr int kFirstTooltipFrame = 20, kLastTooltipFrame = 320;

// Once a drawn frame, after ImGui::NewFrame(). frames: since the last one that was drawn. covered: something lies over
// the window, or a person plays, and nothing is said.
void begin_tooltips(int frames, bool covered);

void tooltip(const Box& box, std::string_view name);  // of what was drawn there into the current Dear ImGui window
void item_tooltip(std::string_view name);             // of Dear ImGui's last item

// All names that were asked for so far: what can be pointed at. For tests.
const std::set<std::string, std::less<>>& names_pointed_at();

}  // namespace reverie
