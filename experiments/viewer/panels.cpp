#include "experiments/viewer/panels.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "env/error.h"
#include "experiments/viewer/plots.h"
#include "experiments/viewer/theme.h"

namespace reverie {
namespace {

constexpr int kPadding = 10;
constexpr float kLatentEdge = 4;  // the bars reach from -4 to 4 deviations of the prior

ImVec2 upper_left(const Box& box) {
  return {static_cast<float>(box.x), static_cast<float>(box.y)};
}
ImVec2 lower_right(const Box& box) {
  return {static_cast<float>(box.x + box.width), static_cast<float>(box.y + box.height)};
}

// `text` cut to `width`, with two dots.
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

// A name at the left, and the width of the slider that follows it.
void name_slider(const char* name) {
  ImGui::AlignTextToFramePadding();
  muted(name);
  ImGui::SameLine(96);
  ImGui::SetNextItemWidth(-1);
}

constexpr ImGuiSliderFlags kSlider = ImGuiSliderFlags_NoInput | ImGuiSliderFlags_AlwaysClamp;

void heading(const char* text) {
  ImGui::Dummy({0, 1});
  ImGui::TextUnformatted(text);
}

std::string point_in_words(const SavedPoint& point) {
  return str("iteration ", point.iteration, ", generation ", point.generation);
}

std::string milliseconds(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return value > 0 ? text : "-";
}

std::span<const float> newest(const std::vector<float>& values, std::size_t count) {
  return std::span(values).last(std::min(values.size(), count));
}

std::string last_of(const std::vector<float>& values) {
  return values.empty() ? "" : short_number(values.back());
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

void Panels::button(const char* label, KeyCommand command, bool enabled, float width) {
  ImGui::BeginDisabled(!enabled);
  if (ImGui::Button(label, {width, 0})) {
    obey_(command);
  }
  ImGui::EndDisabled();
}

void Panels::header(const Box& box, const View& view, bool recording) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const auto facts = bench_.facts();
  const struct {
    const char* label;
    Mode mode;
    KeyCommand command;
    ImU32 colour;
    bool available;
  } modes[] = {{"1 Game", Mode::game, KeyCommand::mode_game, theme::kGame, true},
               {"2 Dream", Mode::dream, KeyCommand::mode_dream, theme::kDream, facts->has_model},
               {"3 Locked", Mode::locked, KeyCommand::mode_locked, theme::kText, facts->has_model},
               {"4 Browse", Mode::browse, KeyCommand::mode_browse, theme::kReconstruction, facts->num_recordings > 0}};
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
  list.AddText({left, text_y}, theme::kText, fitted(view.title, x - left - 10).c_str());
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
    if (chosen || hovered) {
      list.AddRectFilled({x, y}, {x + width, y + height}, chosen ? theme::kLine : theme::faded(theme::kLine, 0.5f));
    }
    if (chosen) {
      list.AddRectFilled({x, y + height - 3}, {x + width, y + height}, mode.colour);
    }
    list.AddText({x + kTabPadding, text_y},
                 chosen           ? theme::kText
                 : mode.available ? theme::kMuted
                                  : theme::kFaint,
                 mode.label);
    x += width;
  }
}

void Panels::transport(const Box& box, const View& view) {
  ImGui::SetCursorScreenPos({static_cast<float>(box.x), static_cast<float>(box.y + 7)});
  ImGui::BeginGroup();
  button(view.paused ? "Play##pause" : "Pause##pause", KeyCommand::pause, true, 58);
  ImGui::SameLine(0, 4);
  button("<##back", KeyCommand::step_back, view.looking_at > 0, 26);
  ImGui::SameLine(0, 4);
  button(">##step", KeyCommand::step, true, 26);
  ImGui::SameLine(0, 10);

  const std::string speed = speed_in_words(player_.speed());
  const float spacing = 4, small = 24, word = ImGui::CalcTextSize("unlimited").x + 8;
  const float right = 2 * small + word + 2 * spacing + 10;
  const float width = static_cast<float>(box.x + box.width) - ImGui::GetCursorScreenPos().x - right;
  if (width > 40) {
    int at = view.looking_at;
    const std::string label =
        view.looking_back ? str(at - view.num_moments + 1, " steps") : str("now, of ", view.num_moments, " kept");
    ImGui::SetNextItemWidth(width);
    if (ImGui::SliderInt("##scrub", &at, 0, std::max(0, view.num_moments - 1), label.c_str(), kSlider)) {
      player_.set_paused(true);
      bench_.post([at](Session& session) -> std::string {
        session.look_at(at);
        return {};
      });
    }
    ImGui::SameLine(0, 10);
  }
  button("-##slower", KeyCommand::slower, true, small);
  ImGui::SameLine(0, spacing);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::Dummy({word, ImGui::GetFrameHeight()});
  ImGui::GetWindowDrawList()->AddText(
      {at.x + std::floor((word - ImGui::CalcTextSize(speed.c_str()).x) / 2), at.y + ImGui::GetStyle().FramePadding.y},
      theme::kText, speed.c_str());
  ImGui::SameLine(0, spacing);
  button("+##faster", KeyCommand::faster, true, small);
  ImGui::EndGroup();
}

void Panels::plots(const Box& box, const View& view, double frame_rate) {
  if (box.height < 40 || box.width < 100) {
    return;
  }
  // This episode, or this dream, so far.
  const int step = view.mode == Mode::dream ? view.moment.dream_step : view.moment.step;
  const std::size_t shown = static_cast<std::size_t>(std::max(0, step)) + 1;
  const bool dream = view.mode == Mode::dream || view.mode == Mode::locked;
  const bool model = bench_.facts()->has_model;
  const ImU32 colour = view.mode == Mode::dream ? theme::kDream : theme::kGame;
  std::vector<Plot> plots;
  const auto add = [&](const char* title, const std::vector<float>& values, ImU32 of, std::size_t count) -> Plot& {
    plots.push_back({title,
                     last_of(values),
                     {{newest(values, count), of, ""}},
                     std::max(100, static_cast<int>(count)),
                     {},
                     {},
                     true});
    return plots.back();
  };
  add("reward", view.reward, colour, shown);
  add("return", view.episode_return, colour, shown);
  if (model && view.mode != Mode::browse) {
    Plot& end = add("end probability", view.end_probability, theme::kDream, shown);
    end.low = 0.0f;
    end.high = 1.0f;
    end.now = probability_in_words(view.moment.end_probability);
    add("mixture entropy", view.mixture_entropy, theme::kDream, shown);
  }
  if (dream && view.mode == Mode::locked) {
    // Against the horizon: from where the dream began.
    const auto steps = static_cast<std::size_t>(std::max(0, view.moment.dream_step) + 1);
    for (const bool latent : {true, false}) {
      add(latent ? "latent error" : "pixel error", latent ? view.latent_error : view.pixel_error, theme::kDifference,
          steps);
    }
  }
  Plot action{"action", "", {}, std::max(100, static_cast<int>(shown)), -1.0f, 1.0f, true};
  const ImU32 action_colours[] = {theme::kGame, theme::kReconstruction, theme::kDream, theme::kDifference};
  const std::vector<std::string> names = bench_.facts()->action_names;
  for (std::size_t i = 0; i < view.action.size(); ++i) {
    action.curves.push_back({newest(view.action[i], shown), action_colours[i % std::size(action_colours)],
                             i < names.size() ? names[i] : ""});
  }
  plots.push_back(std::move(action));

  const int count = static_cast<int>(plots.size()) + 1;
  const std::vector<Box> cells = lay_out_grid(box, count, count > 4 ? (count + 1) / 2 : count, 6);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < plots.size(); ++i) {
    draw_plot(list, cells[i], plots[i]);
  }

  // The last cell: where the time goes.
  const Box& cell = cells.back();
  list.AddRectFilled(upper_left(cell), lower_right(cell), theme::kPanel);
  list.PushClipRect(upper_left(cell), lower_right(cell), true);
  const float line = ImGui::GetTextLineHeight();
  char frames[48], steps[48];
  std::snprintf(frames, sizeof(frames), "%.0f frames/s", frame_rate);
  std::snprintf(steps, sizeof(steps), "%.0f steps/s", view.rate);
  const std::string rates[] = {frame_rate > 0 ? frames : "- frames/s", view.rate > 0 ? steps : "- steps/s"};
  const std::string parts[] = {milliseconds(view.timings.game), milliseconds(view.timings.vae),
                               milliseconds(view.timings.mdn_rnn), milliseconds(view.timings.controller)};
  const char* part_names[] = {"game", "V", "M", "C"};
  float y = static_cast<float>(cell.y) + 3;
  const float left = static_cast<float>(cell.x) + 6, width = static_cast<float>(cell.width) - 12;
  list.AddText({left, y}, theme::kMuted, rates[0].c_str());
  const float steps_x = left + width - ImGui::CalcTextSize(rates[1].c_str()).x;
  if (steps_x > left + ImGui::CalcTextSize(rates[0].c_str()).x + 6) {
    list.AddText({steps_x, y}, theme::kMuted, rates[1].c_str());
  }
  // Two columns of two, "game 0.31 ms"; the unit where there is room.
  const std::string unit = width > 170 ? " ms" : "";
  const float rest = static_cast<float>(cell.height) - line - 3;
  const float pitch = std::max(line, std::floor(rest / 2));
  for (int i = 0; i < 4; ++i) {
    const float x = left + (i % 2) * std::floor(width / 2 + 4);
    y = static_cast<float>(cell.y) + 3 + line + static_cast<float>(i / 2) * std::min(pitch, line + 5) +
        std::floor(std::max(0.0f, (rest - 2 * std::min(pitch, line + 5)) / 2));
    list.AddText({x, y}, theme::kMuted, part_names[i]);
    const std::string words = parts[i] + (parts[i] == "-" ? "" : unit);
    const float number = x + std::floor(width / 2) - 4 - ImGui::CalcTextSize(words.c_str()).x;
    list.AddText({number, y}, theme::kText, words.c_str());
  }
  list.PopClipRect();
}

void Panels::column(const Box& box, const View& view) {
  if (box.width <= 0 || box.height <= 0) {
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
    latent(view);
  } else {
    heading("No model");
    ImGui::PushTextWrapPos(0);
    muted("This is the plain game. Drive it with the arrow keys; train a run and open its folder to see it dream.");
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
  button("dream from here", KeyCommand::dream_here, true, half);
  ImGui::SameLine();
  button("new dream", KeyCommand::dream_anew, true, half);
}

void Panels::controller(const View& view) {
  heading("Controller");
  const auto facts = bench_.facts();
  const float reload = ImGui::CalcTextSize("reload").x + 2 * ImGui::GetStyle().FramePadding.x;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - reload - ImGui::GetStyle().ItemSpacing.x);
  // The title ends in what is loaded: "RUN, iteration 3, generation 50".
  const std::size_t comma = view.title.find(", ");
  const std::string chosen =
      facts->has_controller && comma != std::string::npos ? view.title.substr(comma + 2) : "none";
  if (ImGui::BeginCombo("##controller", chosen.c_str())) {
    for (auto point = facts->saved_points.rbegin(); point != facts->saved_points.rend(); ++point) {
      const std::string name = point_in_words(*point);
      if (ImGui::Selectable(name.c_str(), name == chosen)) {
        bench_.post([point = *point](Session& session) { return session.choose(point); });
        bench_.ask_again();
      }
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine();
  button("reload", KeyCommand::reload);
}

void Panels::latent(const View& view) {
  heading("Latent z");
  ImGui::SameLine();
  muted(bench_.editing() ? "as you set it" : view.moment.latent.empty() ? "" : "of this moment; below, its KL in nats");
  const float width = ImGui::GetContentRegionAvail().x;
  latent_pictures(view, width);
  const float quarter = (width - 3 * ImGui::GetStyle().ItemSpacing.x) / 4;
  button("random", KeyCommand::random_latent, true, quarter + 14);
  ImGui::SameLine();
  ImGui::BeginDisabled(view.moment.latent.empty() && !bench_.editing());
  for (int which = 0; which < 2; ++which) {
    if (ImGui::Button(which == 0 ? "keep A" : "keep B", {quarter - 5, 0})) {
      bench_.remember(which, view);
    }
    ImGui::SameLine();
  }
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!bench_.editing());
  if (ImGui::Button("follow", {-1, 0})) {
    bench_.follow();
  }
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!bench_.remembers(0) || !bench_.remembers(1));
  name_slider("from A to B");
  if (ImGui::SliderFloat("##mix", &share_, 0, 1, "%.2f", kSlider)) {
    bench_.mix(share_, view);
  }
  ImGui::EndDisabled();
  latent_bars(view);
}

void Panels::latent_pictures(const View& view, float width) {
  const auto facts = bench_.facts();
  int kept = bench_.kept();
  name_slider("keep first");
  const std::string format = kept == 0 ? "all" : str(kept, " of ", facts->latent_size);
  if (ImGui::SliderInt("##kept", &kept, 0, facts->latent_size, format.c_str(), kSlider)) {
    bench_.keep_first(kept);
  }
  // Two pictures with a line of words below; they stand empty so that nothing moves when they come.
  const Picture& model = view.moment.frame.empty() ? view.moment.dream : view.moment.frame;
  const int side = std::max(1, std::max(model.width, 16));
  const int scale = std::max(1, static_cast<int>((width - 4) / 2) / side);
  const float size = static_cast<float>(side * scale);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float second = at.x + width - size;
  const std::string words[] = {"decoded z", kept > 0 && !bench_.narrowed().empty()
                                                ? str("error ", short_number(bench_.narrowed_error()))
                                                : "first of z"};
  const Picture* pictures[] = {bench_.editing() && !bench_.decoded().empty()           ? &bench_.decoded()
                               : view.mode == Mode::dream || view.mode == Mode::locked ? &view.moment.dream
                                                                                       : &view.moment.reconstruction,
                               &bench_.narrowed()};
  ScreenPicture* screens[] = {&decoded_, &narrowed_};
  for (int i = 0; i < 2; ++i) {
    const ImVec2 from(i == 0 ? at.x : second, at.y);
    list.AddRectFilled(from, {from.x + size, from.y + size}, theme::kBackground);
    if (SDL_Texture* texture = screens[i]->show(renderer_, *pictures[i])) {
      list.AddImage(texture, from, {from.x + size, from.y + size});
    }
    list.AddText({from.x, from.y + size + 3}, theme::kMuted, words[i].c_str());
  }
  ImGui::Dummy({width, size + 3 + ImGui::GetTextLineHeight()});
}

void Panels::latent_bars(const View& view) {
  const auto facts = bench_.facts();
  const std::vector<float> latent = bench_.latent(view);
  ImGui::BeginChild("bars", {0, std::max(40.0f, ImGui::GetContentRegionAvail().y)}, false, ImGuiWindowFlags_NoNav);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight() + 3, width = ImGui::GetContentRegionAvail().x;
  const float name = ImGui::CalcTextSize("z000").x, number = ImGui::CalcTextSize("0.000").x + 8;
  const float bar = width - name - number, middle = name + bar / 2, unit = bar / 2 / kLatentEdge;
  float most = 0.01f;
  for (const Session::Dimension& dimension : facts->dimensions) {
    most = std::max(most, dimension.kl);
  }
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  int rank = 0;
  for (const Session::Dimension& dimension : facts->dimensions) {
    const auto index = static_cast<std::size_t>(dimension.index);
    const bool dropped = bench_.kept() > 0 && rank >= bench_.kept();
    const float alpha = dropped || dimension.dead ? 0.35f : 1.0f;
    ++rank;
    ImGui::PushID(dimension.index);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::InvisibleButton("z", {width, line});
    const bool active = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered();
    const bool visible = ImGui::IsItemVisible();
    ImGui::PopID();
    if (active && index < latent.size()) {
      const float value = std::clamp((ImGui::GetIO().MousePos.x - at.x - middle) / unit, -kLatentEdge, kLatentEdge);
      if (std::isfinite(value) && value != latent[index]) {
        std::vector<float> changed = latent;
        changed[index] = value;
        bench_.edit(std::move(changed), view);
      }
    }
    if (!visible) {
      continue;
    }
    if (hovered || active) {
      list.AddRectFilled(at, {at.x + width, at.y + line}, theme::faded(theme::kLine, 0.6f));
    }
    if (hovered && index < latent.size()) {
      ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(8, 6));
      ImGui::SetTooltip("z%d = %.2f; drag to change it\nKL from the prior %.3f nats\nmean %.2f, deviation %.2f",
                        dimension.index, latent[index], dimension.kl, dimension.mean, dimension.deviation);
      ImGui::PopStyleVar();
    }
    const float top = at.y + 2, bottom = at.y + line - 2;
    list.AddText({at.x, at.y + 1}, theme::faded(theme::kMuted, alpha), str("z", dimension.index).c_str());
    list.AddRectFilled({at.x + name, top}, {at.x + name + bar, bottom}, theme::faded(theme::kBackground, 0.8f));
    for (const float tick : {-1.0f, 1.0f}) {  // the prior's deviation
      const float x = std::round(at.x + middle + tick * unit);
      list.AddRectFilled({x, top}, {x + 1, bottom}, theme::kLine);
    }
    if (index < latent.size() && std::isfinite(latent[index])) {
      const float value = std::clamp(latent[index], -kLatentEdge, kLatentEdge);
      const bool dreamed = view.mode == Mode::dream || view.mode == Mode::locked;
      const ImU32 colour = bench_.editing() ? theme::kPerson : dreamed ? theme::kDream : theme::kGame;
      const float x = at.x + middle + value * unit;
      list.AddRectFilled({std::round(std::min(x, at.x + middle)), top + 1},
                         {std::round(std::max(x, at.x + middle)) + 1, bottom - 1}, theme::faded(colour, alpha));
      // Locked: where the game itself is, a thin mark.
      if (view.mode == Mode::locked && index < view.moment.latent_mean.size()) {
        const float real = std::clamp(view.moment.latent_mean[index], -kLatentEdge, kLatentEdge);
        const float mark = std::round(at.x + middle + real * unit);
        list.AddRectFilled({mark - 1, top - 1}, {mark + 1, bottom + 1}, theme::faded(theme::kGame, alpha));
      }
    }
    const float share = std::clamp(dimension.kl / most, 0.0f, 1.0f);
    const float right = at.x + width - 2;
    list.AddRectFilled({right - (number - 6) * share, bottom - 1}, {right, bottom + 1},
                       theme::faded(theme::kReconstruction, 0.8f * alpha));
    const std::string words = dimension.dead ? "dead" : short_number(dimension.kl);
    list.AddText({right - ImGui::CalcTextSize(words.c_str()).x, at.y}, theme::faded(theme::kMuted, alpha),
                 words.c_str());
  }
  ImGui::PopStyleVar();
  ImGui::EndChild();
}

void Panels::status(const Box& box, const std::string& note) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(upper_left(box), lower_right(box), theme::kPanel);
  const float y =
      static_cast<float>(box.y) + std::floor((static_cast<float>(box.height) - ImGui::GetTextLineHeight()) / 2);
  const char* hint = "F1 keys    d dream from here    Space pause    arrows drive    q quit";
  const float hint_width = ImGui::CalcTextSize(hint).x;
  const float left = static_cast<float>(box.x + kPadding), width = static_cast<float>(box.width - 2 * kPadding);
  const bool both = note.empty() || ImGui::CalcTextSize(note.c_str()).x + hint_width + 30 <= width;
  list.AddText({left, y}, theme::kPerson, fitted(note, width).c_str());
  if (both) {
    list.AddText({left + width - hint_width, y}, theme::kFaint, hint);
  }
}

void Panels::help(int width, int height) {
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  list.AddRectFilled({0, 0}, {static_cast<float>(width), static_cast<float>(height)}, IM_COL32(10, 12, 15, 190));
  const float line = ImGui::GetTextLineHeight() + 4;
  float key_width = 0, what_width = 0;
  for (const KeyBinding& binding : key_bindings()) {
    key_width = std::max(key_width, ImGui::CalcTextSize(binding.key).x);
    what_width = std::max(what_width, ImGui::CalcTextSize(binding.what).x);
  }
  // Groups one below the other, in two columns where there is room.
  std::vector<std::pair<std::string, int>> groups;  // name and how many keys
  for (const KeyBinding& binding : key_bindings()) {
    if (groups.empty() || groups.back().first != binding.group) {
      groups.emplace_back(binding.group, 0);
    }
    ++groups.back().second;
  }
  const float column = key_width + 16 + what_width, gap = 48;
  const bool two = static_cast<float>(width) > 2 * column + gap + 80;
  const auto height_of = [&](std::size_t first, std::size_t last) {
    float rows = 0;
    for (std::size_t i = first; i < last; ++i) {
      rows += static_cast<float>(groups[i].second) + 1.8f;
    }
    return std::floor(rows * line);
  };
  std::size_t split = groups.size();  // the first group of the second column
  for (std::size_t i = 1; two && i < groups.size(); ++i) {
    if (std::max(height_of(0, i), height_of(i, groups.size())) <
        std::max(height_of(0, split), height_of(split, groups.size()))) {
      split = i;
    }
  }
  const float whole = std::max(height_of(0, split), height_of(split, groups.size()));
  const float across = two ? 2 * column + gap : column;
  const float left = std::floor((static_cast<float>(width) - across) / 2);
  const float top = std::floor(std::max(8.0f, (static_cast<float>(height) - whole) / 2));
  list.AddRectFilled({left - 32, top - 20}, {left + across + 32, top + whole + 8}, theme::kPanel);
  float x = left, y = top;
  auto binding = key_bindings().begin();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == split) {
      x += column + gap;
      y = top;
    }
    list.AddText({x, y}, theme::kGame, groups[i].first.c_str());
    y += line;
    for (int row = 0; row < groups[i].second; ++row, ++binding, y += line) {
      list.AddText({x, y}, theme::kText, binding->key);
      list.AddText({x + key_width + 16, y}, theme::kMuted, binding->what);
    }
    y += std::floor(0.8f * line);
  }
}

}  // namespace reverie
