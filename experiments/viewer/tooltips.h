// A sentence about what the pointer rests on: explanations.h.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "experiments/viewer/layout.h"

namespace reverie {

// Once a frame, after ImGui::NewFrame(). covered: something lies over the window, or a
// person plays, and nothing is said.
void begin_tooltips(bool covered);

void tooltip(const Box& box, std::string_view name);  // of what was drawn there into the current Dear ImGui window
void item_tooltip(std::string_view name);             // of Dear ImGui's last item

// All names that were asked for so far: what can be pointed at. For tests.
const std::set<std::string, std::less<>>& names_pointed_at();

}  // namespace reverie
