// What several panels are made of. All draw into the current Dear ImGui window.
#pragma once

#include <imgui.h>

#include <functional>
#include <string>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/layout.h"

namespace reverie {

constexpr ImGuiSliderFlags kSlider = ImGuiSliderFlags_NoInput | ImGuiSliderFlags_AlwaysClamp;

ImVec2 upper_left(const Box& box);
ImVec2 lower_right(const Box& box);

std::string fitted(std::string text, float width);  // `text` cut to `width` pixels, with two dots

void heading(const char* text);
void muted(const std::string& text);
void name_slider(const char* name);  // a name at the left, and the width of the slider that follows it

using Obey = std::function<void(KeyCommand)>;
// Does what its key does. width: in pixels; 0: that of the label. Its tooltip is that of its id, or else of its label.
void command_button(const char* label, KeyCommand command, const Obey& obey, bool enabled = true, float width = 0);

}  // namespace reverie
