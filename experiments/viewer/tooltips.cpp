#include "experiments/viewer/tooltips.h"

#include <imgui.h>

#include "experiments/viewer/explanations.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

// Of the one window there is, as Dear ImGui's context.
struct State {
  ImVec2 pointer{-1, -1};
  int rests = 0;  // frames
  bool covered = false;
  std::set<std::string, std::less<>> names;
} state;

// A tooltip waits until the pointer rests, and goes after a while, so that it does not hide the picture under it.
bool may_show() {
  return !state.covered && state.rests >= kFirstTooltipFrame && state.rests < kLastTooltipFrame &&
         !ImGui::IsAnyMouseDown();
}

// Empty while no tooltip may be shown.
std::string_view sentence(std::string_view name) {
  if (state.names.find(name) == state.names.end()) {
    state.names.emplace(name);
  }
  return may_show() ? explanation_of(name) : std::string_view();
}

void show(std::string_view words) {
  ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 1.0f);  // also of what is disabled
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme::scaled(8), theme::scaled(6)));
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(theme::scaled(320));
  ImGui::TextUnformatted(words.data(), words.data() + words.size());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
  ImGui::PopStyleVar(2);
}

}  // namespace

void begin_tooltips(int frames, bool covered) {
  const ImVec2 pointer = ImGui::GetIO().MousePos;
  const bool rests = pointer.x == state.pointer.x && pointer.y == state.pointer.y;
  state.rests = rests ? state.rests + frames : 0;
  state.pointer = pointer;
  state.covered = covered;
}

void tooltip(const Box& box, std::string_view name) {
  const std::string_view words = sentence(name);
  if (!words.empty() && ImGui::IsWindowHovered() && ImGui::IsMouseHoveringRect(upper_left(box), lower_right(box))) {
    show(words);
  }
}

void item_tooltip(std::string_view name) {
  const std::string_view words = sentence(name);
  if (!words.empty() && ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) {
    show(words);
  }
}

const std::set<std::string, std::less<>>& names_pointed_at() {
  return state.names;
}

}  // namespace reverie
