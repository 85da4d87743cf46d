#include "experiments/viewer/plot_strip.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/viewer/plots.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

std::string milliseconds(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return value > 0 ? text : "-";
}

std::string last_of(const std::vector<float>& values) {
  return values.empty() ? "" : short_number(values.back());
}

// Where the time goes.
void draw_speed(const Box& cell, const View& view, double frame_rate) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(cell), lower_right(cell), theme::kPanel);
  tooltip(cell, "speed");
  list.PushClipRect(upper_left(cell), lower_right(cell), true);
  const float line = ImGui::GetTextLineHeight();
  char frames[48], steps[48];
  std::snprintf(frames, sizeof(frames), "%.0f frames/s", frame_rate);
  std::snprintf(steps, sizeof(steps), "%.0f steps/s", view.rate);
  const std::string rates[] = {frame_rate > 0 ? frames : "- frames/s", view.rate > 0 ? steps : "- steps/s"};
  const std::string parts[] = {milliseconds(view.timings.game), milliseconds(view.timings.frames),
                               milliseconds(view.timings.model), milliseconds(view.timings.controller)};
  const char* part_names[] = {"game", "frames", "model", "C"};
  const float above = theme::scaled(3), padding = theme::scaled(6);
  float y = static_cast<float>(cell.y) + above;
  const float left = static_cast<float>(cell.x) + padding, width = static_cast<float>(cell.width) - 2 * padding;
  list.AddText({left, y}, theme::kMuted, rates[0].c_str());
  const float steps_x = left + width - ImGui::CalcTextSize(rates[1].c_str()).x;
  if (steps_x > left + ImGui::CalcTextSize(rates[0].c_str()).x + padding) {
    list.AddText({steps_x, y}, theme::kMuted, rates[1].c_str());
  }
  // Two columns of two, "game 0.31 ms"; the unit where there is room.
  const std::string unit = width > theme::scaled(170) ? " ms" : "";
  const float rest = static_cast<float>(cell.height) - line - above;
  const float pitch = std::max(line, std::floor(rest / 2));
  for (int i = 0; i < 4; ++i) {
    const float x = left + (i % 2) * std::floor(width / 2 + theme::scaled(4));
    y = static_cast<float>(cell.y) + above + line +
        static_cast<float>(i / 2) * std::min(pitch, line + theme::scaled(5)) +
        std::floor(std::max(0.0f, (rest - 2 * std::min(pitch, line + theme::scaled(5))) / 2));
    list.AddText({x, y}, theme::kMuted, part_names[i]);
    const std::string words = parts[i] + (parts[i] == "-" ? "" : unit);
    const float number = x + std::floor(width / 2) - theme::scaled(4) - ImGui::CalcTextSize(words.c_str()).x;
    list.AddText({number, y}, theme::kText, words.c_str());
  }
  list.PopClipRect();
}

}  // namespace

void draw_plot_strip(const Box& box, const View& view, const Facts& facts, double frame_rate) {
  if (static_cast<float>(box.height) < theme::scaled(40) || static_cast<float>(box.width) < theme::scaled(100)) {
    return;
  }
  // This episode, or this dream, so far; where it is locked, the dream's curves go beside the game's.
  const Course& episode = view.episode;
  const Course& dream = view.locked_dream;
  const bool model = facts.has_model;
  const bool locked = view.mode == Mode::locked;
  const ImU32 colour = view.mode == Mode::dream ? theme::kDream : theme::kGame;
  // The game's step where the locked dream began, and what the game had paid until then.
  const int began = locked ? episode.size() - dream.size() : 0;
  const float paid = began > 0 ? episode.episode_return[static_cast<std::size_t>(began - 1)] : 0.0f;
  std::vector<Plot> plots;
  const auto add = [&](const char* title, const std::vector<float>& values, ImU32 of) -> Plot& {
    const int count = static_cast<int>(values.size());
    plots.push_back({title, last_of(values), {{values, of, ""}}, std::max(100, count), {}, {}, {}, true});
    return plots.back();
  };
  add("reward", episode.reward, colour);
  if (locked) {
    plots.back().curves.push_back({dream.reward, theme::kDream, "", began + 1});
  }
  std::vector<float> dreamed = dream.episode_return;
  std::transform(dreamed.begin(), dreamed.end(), dreamed.begin(), [paid](float sum) { return paid + sum; });
  add("return", episode.episode_return, colour);
  if (locked) {
    plots.back().curves.push_back({dreamed, theme::kDream, "", began + 1});
  }
  if (model && view.mode != Mode::browse) {
    Plot& end = add("end probability", episode.end_probability, theme::kDream);
    end.low = 0.0f;
    end.high = 1.0f;
    end.now = probability_in_words(view.moment.end_probability);
    if (facts.has_belief) {
      add("entropy", episode.entropy, theme::kDream);
    }
  }
  if (locked) {
    // Against the horizon: from where the dream began.
    const std::optional<int> mark = view.diverged_at > 0 ? std::optional(view.diverged_at) : std::nullopt;
    if (facts.latent_size > 0) {
      add("latent error", dream.latent_error, theme::kDifference).mark = mark;
    }
    Plot& error = add("pixel error", dream.pixel_error, theme::kDifference);
    error.curves.push_back({dream.frozen_error, theme::kMuted, ""});
    error.mark = mark;
  }
  Plot action{"action", "", {}, std::max(100, episode.size()), {}, -1.0f, 1.0f, true};
  const ImU32 action_colours[] = {theme::kGame, theme::kReconstruction, theme::kDream, theme::kDifference};
  const std::vector<std::string>& names = facts.game.action_names;
  for (std::size_t i = 0; i < episode.action.size(); ++i) {
    action.curves.push_back(
        {episode.action[i], action_colours[i % std::size(action_colours)], i < names.size() ? names[i] : ""});
  }
  plots.push_back(std::move(action));

  // In two rows, or in one where two would be too low; the last ones are left out where there is no room.
  const int across = std::max(1, box.width / static_cast<int>(theme::scaled(74)));
  const int down = static_cast<float>(box.height) >= theme::scaled(90) ? 2 : 1;
  const int count = std::min(static_cast<int>(plots.size()) + 1, across * down);
  const std::vector<Box> cells =
      lay_out_grid(box, count, down == 1 || count <= 4 ? across : (count + 1) / 2, static_cast<int>(theme::scaled(6)));
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i < plots.size()) {
      draw_plot(list, cells[i], plots[i]);
    } else if (static_cast<float>(cells[i].width) >= theme::scaled(130)) {
      draw_speed(cells[i], view, frame_rate);
    }
  }
}

}  // namespace reverie
