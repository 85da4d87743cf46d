#include "experiments/viewer/panels.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "env/error.h"
#include "experiments/viewer/hints.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

constexpr float kPadding = 10;

std::string point_in_words(const SavedPoint& point) {
  return str("iteration ", point.iteration, ", generation ", point.generation);
}

// "quickstart, iteration 3, generation 50"
std::string name_and_driving(const Side& side) {
  return side.name + (side.view->driving.empty() ? "" : ", " + side.view->driving);
}

void draw_title(ImDrawList& list, ImVec2 at, float width, const std::string& title, bool follows) {
  const std::string words = fitted(title, width);
  list.AddText(at, theme::kText, words.c_str());
  const char* const following = "follows its training";
  const float left = ImGui::CalcTextSize(words.c_str()).x + theme::scaled(14);
  if (follows && left + ImGui::CalcTextSize(following).x <= width) {
    list.AddText({at.x + left, at.y}, theme::kReconstruction, following);
  }
}

}  // namespace

std::string speed_in_words(double factor) {
  if (factor == 0) {
    return "unlimited";
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%gx", factor);
  return text;
}

void Panels::header(const Box& box, bool recording) {
  const View& view = *sides_.front()->view;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const struct {
    const char* label;
    Mode mode;
    KeyCommand command;
    ImU32 colour;
  } modes[] = {{"1 Game", Mode::game, KeyCommand::mode_game, theme::kGame},
               {"2 Dream", Mode::dream, KeyCommand::mode_dream, theme::kDream},
               {"3 Locked", Mode::locked, KeyCommand::mode_locked, theme::kText},
               {"4 Browse", Mode::browse, KeyCommand::mode_browse, theme::kReconstruction}};
  float tabs = 0;
  const float padding = theme::scaled(kPadding), tab_padding = theme::scaled(12);
  for (const auto& mode : modes) {
    tabs += ImGui::CalcTextSize(mode.label).x + 2 * tab_padding;
  }
  float x = static_cast<float>(box.x + box.width) - tabs - padding;
  const float y = static_cast<float>(box.y), height = static_cast<float>(box.height);
  float left = static_cast<float>(box.x) + padding;
  const float text_y = y + std::floor((height - ImGui::GetTextLineHeight()) / 2);
  if (recording) {
    const float radius = theme::scaled(6);
    list.AddCircleFilled({left + radius, y + height / 2}, radius, theme::kRecording, 24);
    list.AddText({left + 3 * radius, text_y}, theme::kRecording, "REC");
    left += 3 * radius + ImGui::CalcTextSize("REC").x + theme::scaled(14);
  }
  const float width_left = x - left - padding;
  if (sides_.size() == 1) {
    const bool whole = ImGui::CalcTextSize(view.title.c_str()).x <= width_left;
    draw_title(list, {left, text_y}, width_left, whole ? view.title : name_and_driving(*sides_.front()),
               view.following);
  } else {
    const std::string words = str(sides_.size(), " runs, seed ", commands_.seed());
    list.AddText({left, text_y}, theme::kText, fitted(words, width_left).c_str());
  }
  for (const auto& mode : modes) {
    const float width = ImGui::CalcTextSize(mode.label).x + 2 * tab_padding;
    ImGui::SetCursorScreenPos({x, y});
    ImGui::PushID(mode.label);
    if (ImGui::InvisibleButton("mode", {width, height})) {
      obey_(mode.command);
    }
    const bool hovered = ImGui::IsItemHovered();
    item_tooltip(mode.label);
    ImGui::PopID();
    const bool chosen = view.mode == mode.mode;
    const bool available = std::all_of(sides_.begin(), sides_.end(), [&mode](const auto& side) {
      return side->view->has_mode[static_cast<std::size_t>(mode.mode)];
    });
    if (chosen || hovered) {
      list.AddRectFilled({x, y}, {x + width, y + height}, chosen ? theme::kLine : theme::faded(theme::kLine, 0.5f));
    }
    if (chosen) {
      list.AddRectFilled({x, y + height - theme::scaled(3)}, {x + width, y + height}, mode.colour);
    }
    list.AddText({x + tab_padding, text_y},
                 chosen      ? theme::kText
                 : available ? theme::kMuted
                             : theme::kFaint,
                 mode.label);
    x += width;
  }
}

void Panels::side_title(const Box& box, const Side& side) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const float y =
      static_cast<float>(box.y) + std::floor((static_cast<float>(box.height) - ImGui::GetTextLineHeight()) / 2);
  const float padding = theme::scaled(6);
  draw_title(list, {static_cast<float>(box.x) + padding, y}, static_cast<float>(box.width) - 2 * padding,
             name_and_driving(side), side.view->following);
}

void Panels::transport(const Box& box) {
  const View& view = *sides_.front()->view;
  ImGui::SetCursorScreenPos({static_cast<float>(box.x), static_cast<float>(box.y) + theme::scaled(7)});
  const float spacing = theme::scaled(4), padding = theme::scaled(kPadding);
  ImGui::BeginGroup();
  command_button(view.paused ? "Play##pause" : "Pause##pause", KeyCommand::pause, obey_, true, theme::scaled(58));
  ImGui::SameLine(0, spacing);
  command_button("<##back", KeyCommand::step_back, obey_, view.looking_at > 0, theme::scaled(26));
  ImGui::SameLine(0, spacing);
  command_button(">##step", KeyCommand::step, obey_, true, theme::scaled(26));
  ImGui::SameLine(0, padding);

  const std::string speed = speed_in_words(sides_.front()->player.speed());
  const float small = theme::scaled(24), word = ImGui::CalcTextSize("unlimited").x + theme::scaled(8);
  const float right = 2 * small + word + 2 * spacing + padding;
  const float width = static_cast<float>(box.x + box.width) - ImGui::GetCursorScreenPos().x - right;
  if (width > theme::scaled(40)) {
    int at = view.looking_at;
    const std::string back = std::to_string(at - view.num_moments + 1);
    std::string label = view.looking_back ? back + " steps" : str("now, of ", view.num_moments, " kept");
    if (ImGui::CalcTextSize(label.c_str()).x + theme::scaled(8) > width) {
      label = view.looking_back ? back : "now";
    }
    ImGui::SetNextItemWidth(width);
    if (ImGui::SliderInt("##scrub", &at, 0, std::max(0, view.num_moments - 1), label.c_str(), kSlider)) {
      commands_.look_back(view.num_moments - 1 - at);
    }
    item_tooltip("scrub");
    ImGui::SameLine(0, padding);
  }
  command_button("-##slower", KeyCommand::slower, obey_, true, small);
  ImGui::SameLine(0, spacing);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::Dummy({word, ImGui::GetFrameHeight()});
  ImGui::GetWindowDrawList()->AddText(
      {at.x + std::floor((word - ImGui::CalcTextSize(speed.c_str()).x) / 2), at.y + ImGui::GetStyle().FramePadding.y},
      theme::kText, speed.c_str());
  ImGui::SameLine(0, spacing);
  command_button("+##faster", KeyCommand::faster, obey_, true, small);
  ImGui::EndGroup();
}

void Panels::column(const Box& box) {
  const View& view = *sides_.front()->view;
  if (box.width <= 0 || box.height <= 0) {
    bench_.hold(false);
    return;
  }
  ImGui::SetCursorScreenPos(upper_left(box));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme::scaled(kPadding), theme::scaled(6)));
  ImGui::BeginChild("column", {static_cast<float>(box.width), static_cast<float>(box.height)}, false,
                    ImGuiWindowFlags_NoNav | ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  if (bench_.facts()->has_model) {
    dream(view);
    controller(view);
    if (bench_.facts()->latent_size > 0) {
      latent_.draw(view);
    }
  } else {
    heading("No model");
    ImGui::PushTextWrapPos(0);
    muted(
        "This is the plain game. Play it with the keys that F1 shows; train a run and open its folder to see it "
        "dream.");
    ImGui::PopTextWrapPos();
  }
  ImGui::EndChild();
}

void Panels::dream(const View& view) {
  heading("Dream");
  float temperature = static_cast<float>(view.temperature);
  name_slider("temperature");
  if (ImGui::SliderFloat("##temperature", &temperature, 0.1f, 3.0f, "%.2f", kSlider)) {
    bench_.post([temperature](Session& session) -> std::string {
      session.set_temperature(temperature);
      return {};
    });
  }
  item_tooltip("temperature");
  muted("");
  ImGui::SameLine(theme::scaled(96));
  muted(temperature_in_words(view.temperature));
  const float half = (ImGui::GetContentRegionAvail().x - ImGui::GetStyle().ItemSpacing.x) / 2;
  command_button("dream from here", KeyCommand::dream_here, obey_, true, half);
  ImGui::SameLine();
  command_button("new dream", KeyCommand::dream_anew, obey_, true, half);
  name_slider("dream again");
  const std::vector<SessionCommands::RedreamChoice>& choices = SessionCommands::redream_choices();
  const auto now =
      std::find_if(choices.begin(), choices.end(), [&view](const auto& choice) { return choice.when == view.redream; });
  if (ImGui::BeginCombo("##redream", now == choices.end() ? "" : now->name)) {
    for (const SessionCommands::RedreamChoice& choice : choices) {
      if (ImGui::Selectable(choice.name, choice.when == view.redream)) {
        commands_.set_redream(choice);
      }
    }
    ImGui::EndCombo();
  }
  item_tooltip("dream again");
}

void Panels::controller(const View& view) {
  heading("Controller");
  const auto facts = bench_.facts();
  const float reload = ImGui::CalcTextSize("reload").x + 2 * ImGui::GetStyle().FramePadding.x;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - reload - ImGui::GetStyle().ItemSpacing.x);
  const std::string chosen = facts->has_controller ? view.driving : "none";
  if (ImGui::BeginCombo("##controller", chosen.c_str())) {
    for (auto point = facts->saved_points.rbegin(); point != facts->saved_points.rend(); ++point) {
      const std::string name = point_in_words(*point);
      if (ImGui::Selectable(name.c_str(), name == chosen)) {
        bench_.post([point = *point](Session& session) { return session.choose(point); });
      }
    }
    ImGui::EndCombo();
  }
  item_tooltip("controller");
  ImGui::SameLine();
  command_button("reload", KeyCommand::reload, obey_);
}

void Panels::status(const Box& box, const std::string& note) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const float y =
      static_cast<float>(box.y) + std::floor((static_cast<float>(box.height) - ImGui::GetTextLineHeight()) / 2);
  const float padding = theme::scaled(kPadding), between = theme::scaled(18);
  const float left = static_cast<float>(box.x) + padding, right = left + static_cast<float>(box.width) - 2 * padding;
  const float end_of_note = note.empty() ? left : left + ImGui::CalcTextSize(note.c_str()).x + between;
  list.AddText({left, y}, theme::kPerson, fitted(note, right - left).c_str());
  // As many hints as there is room for, the most useful ones.
  std::vector<std::string> hints = hints_of(*sides_.front()->view);
  const auto width_of = [&hints, between] {
    float width = -between;
    for (const std::string& hint : hints) {
      width += ImGui::CalcTextSize(hint.c_str()).x + between;
    }
    return width;
  };
  while (!hints.empty() && right - width_of() < end_of_note) {
    hints.pop_back();
  }
  float x = right - width_of();
  for (const std::string& hint : hints) {
    list.AddText({x, y}, theme::kMuted, hint.c_str());
    x += ImGui::CalcTextSize(hint.c_str()).x + between;
  }
}

}  // namespace reverie
