#include "experiments/viewer/widgets.h"

#include <string_view>

#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"

namespace reverie {

ImVec2 upper_left(const Box& box) {
  return {static_cast<float>(box.x), static_cast<float>(box.y)};
}
ImVec2 lower_right(const Box& box) {
  return {static_cast<float>(box.x + box.width), static_cast<float>(box.y + box.height)};
}

std::string fitted(std::string text, float width) {
  if (ImGui::CalcTextSize(text.c_str()).x <= width) {
    return text;
  }
  while (!text.empty() && ImGui::CalcTextSize((text + "..").c_str()).x > width) {
    text.pop_back();
  }
  return text + "..";
}

void muted(const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, theme::kMuted);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
}

void name_slider(const char* name) {
  ImGui::AlignTextToFramePadding();
  muted(name);
  item_tooltip(name);
  ImGui::SameLine(theme::scaled(96));
  ImGui::SetNextItemWidth(-1);
}

void heading(const char* text) {
  ImGui::Dummy({0, 1});
  ImGui::TextUnformatted(text);
}

void command_button(const char* label, KeyCommand command, const Obey& obey, bool enabled, float width) {
  ImGui::BeginDisabled(!enabled);
  if (ImGui::Button(label, {width, 0})) {
    obey(command);
  }
  ImGui::EndDisabled();
  const std::string_view words = label;
  const std::size_t id = words.find("##");
  item_tooltip(id == std::string_view::npos ? words : words.substr(id + 2));
}

}  // namespace reverie
