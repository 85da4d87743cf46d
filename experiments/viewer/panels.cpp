#include "experiments/viewer/panels.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "env/error.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

constexpr int kPadding = 10;

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
  const float left = ImGui::CalcTextSize(words.c_str()).x + 14;
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
  constexpr float kTabPadding = 12;
  for (const auto& mode : modes) {
    tabs += ImGui::CalcTextSize(mode.label).x + 2 * kTabPadding;
  }
  float x = static_cast<float>(box.x + box.width) - tabs - kPadding;
  const float y = static_cast<float>(box.y), height = static_cast<float>(box.height);
  float left = static_cast<float>(box.x + kPadding);
  const float text_y = y + std::floor((height - ImGui::GetTextLineHeight()) / 2);
  if (recording) {
    list.AddCircleFilled({left + 6, y + height / 2}, 6, theme::kRecording, 24);
    list.AddText({left + 18, text_y}, theme::kRecording, "REC");
    left += 18 + ImGui::CalcTextSize("REC").x + 14;
  }
  const float width_left = x - left - 10;
  if (sides_.size() == 1) {
    const bool whole = ImGui::CalcTextSize(view.title.c_str()).x <= width_left;
    draw_title(list, {left, text_y}, width_left, whole ? view.title : name_and_driving(*sides_.front()),
               view.following);
  } else {
    const std::string words = str(sides_.size(), " runs, seed ", commands_.seed());
    list.AddText({left, text_y}, theme::kText, fitted(words, width_left).c_str());
  }
  for (const auto& mode : modes) {
    const float width = ImGui::CalcTextSize(mode.label).x + 2 * kTabPadding;
    ImGui::SetCursorScreenPos({x, y});
    ImGui::PushID(mode.label);
    if (ImGui::InvisibleButton("mode", {width, height})) {
      obey_(mode.command);
    }
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    const bool chosen = view.mode == mode.mode;
    const bool available = std::all_of(sides_.begin(), sides_.end(), [&mode](const auto& side) {
      return side->view->has_mode[static_cast<std::size_t>(mode.mode)];
    });
    if (chosen || hovered) {
      list.AddRectFilled({x, y}, {x + width, y + height}, chosen ? theme::kLine : theme::faded(theme::kLine, 0.5f));
    }
    if (chosen) {
      list.AddRectFilled({x, y + height - 3}, {x + width, y + height}, mode.colour);
    }
    list.AddText({x + kTabPadding, text_y},
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
  draw_title(list, {static_cast<float>(box.x) + 6, y}, static_cast<float>(box.width) - 12, name_and_driving(side),
             side.view->following);
}

void Panels::transport(const Box& box) {
  const View& view = *sides_.front()->view;
  ImGui::SetCursorScreenPos({static_cast<float>(box.x), static_cast<float>(box.y + 7)});
  ImGui::BeginGroup();
  command_button(view.paused ? "Play##pause" : "Pause##pause", KeyCommand::pause, obey_, true, 58);
  ImGui::SameLine(0, 4);
  command_button("<##back", KeyCommand::step_back, obey_, view.looking_at > 0, 26);
  ImGui::SameLine(0, 4);
  command_button(">##step", KeyCommand::step, obey_, true, 26);
  ImGui::SameLine(0, 10);

  const std::string speed = speed_in_words(sides_.front()->player.speed());
  const float spacing = 4, small = 24, word = ImGui::CalcTextSize("unlimited").x + 8;
  const float right = 2 * small + word + 2 * spacing + 10;
  const float width = static_cast<float>(box.x + box.width) - ImGui::GetCursorScreenPos().x - right;
  if (width > 40) {
    int at = view.looking_at;
    const std::string label =
        view.looking_back ? str(at - view.num_moments + 1, " steps") : str("now, of ", view.num_moments, " kept");
    ImGui::SetNextItemWidth(width);
    if (ImGui::SliderInt("##scrub", &at, 0, std::max(0, view.num_moments - 1), label.c_str(), kSlider)) {
      commands_.look_back(view.num_moments - 1 - at);
    }
    ImGui::SameLine(0, 10);
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
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(kPadding, 6));
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
  ImGui::SameLine();
  command_button("reload", KeyCommand::reload, obey_);
}

void Panels::status(const Box& box, const std::string& note) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const float y =
      static_cast<float>(box.y) + std::floor((static_cast<float>(box.height) - ImGui::GetTextLineHeight()) / 2);
  const char* hint = "F1 all keys    d dream from here    Space pause    q quit";
  const float hint_width = ImGui::CalcTextSize(hint).x;
  const float left = static_cast<float>(box.x + kPadding), width = static_cast<float>(box.width - 2 * kPadding);
  const bool both = note.empty() || ImGui::CalcTextSize(note.c_str()).x + hint_width + 30 <= width;
  list.AddText({left, y}, theme::kPerson, fitted(note, width).c_str());
  if (both) {
    list.AddText({left + width - hint_width, y}, theme::kFaint, hint);
  }
}

}  // namespace reverie
