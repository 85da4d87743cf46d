#include "experiments/viewer/latent_panel.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "env/error.h"
#include "experiments/viewer/plots.h"
#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"

namespace reverie {
namespace {

constexpr float kLatentEdge = 4;  // the bars reach from -4 to 4 deviations of the prior

}  // namespace

void LatentPanel::draw(const View& view) {
  heading("Latent z");
  item_tooltip("Latent z");
  ImGui::SameLine();
  muted(bench_.editing() ? "as you set it" : view.moment.latent.empty() ? "" : "of this moment; its KL in nats");
  const float width = ImGui::GetContentRegionAvail().x;
  pictures(view, width);
  const float quarter = (width - 3 * ImGui::GetStyle().ItemSpacing.x) / 4;
  command_button("random", KeyCommand::random_latent, obey_, true, quarter + theme::scaled(14));
  ImGui::SameLine();
  ImGui::BeginDisabled(view.moment.latent.empty() && !bench_.editing());
  for (int which = 0; which < 2; ++which) {
    if (ImGui::Button(which == 0 ? "keep A" : "keep B", {quarter - theme::scaled(5), 0})) {
      bench_.remember(which, view);
    }
    item_tooltip(which == 0 ? "keep A" : "keep B");
    ImGui::SameLine();
  }
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!bench_.editing());
  if (ImGui::Button("follow", {-1, 0})) {
    bench_.follow();
  }
  item_tooltip("follow");
  ImGui::EndDisabled();
  ImGui::BeginDisabled(!bench_.remembers(0) || !bench_.remembers(1));
  name_slider("from A to B");
  if (ImGui::SliderFloat("##mix", &share_, 0, 1, "%.2f", kSlider)) {
    bench_.mix(share_, view);
  }
  bool held = ImGui::IsItemActive();
  item_tooltip("from A to B");
  ImGui::EndDisabled();
  held = bars(view) || held;
  bench_.hold(held);
}

void LatentPanel::pictures(const View& view, float width) {
  const auto facts = bench_.facts();
  int kept = bench_.kept();
  name_slider("keep first");
  const std::string format = kept == 0 ? "all" : str(kept, " of ", facts->latent_size);
  if (ImGui::SliderInt("##kept", &kept, 0, facts->latent_size, format.c_str(), kSlider)) {
    bench_.keep_first(kept);
  }
  item_tooltip("keep first");
  // Two pictures with a line of words below; they stand empty so that nothing moves when they come.
  const Picture& model = view.moment.frame.empty() ? view.moment.dream : view.moment.frame;
  const int side = std::max(1, std::max(model.width, 16));
  const int scale = std::max(1, static_cast<int>((width - theme::scaled(4)) / 2) / side);
  const float size = static_cast<float>(side * scale);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float second = at.x + width - size;
  const std::string words[] = {"decoded z", kept > 0 && !bench_.narrowed().empty()
                                                ? str("error ", short_number(bench_.narrowed_error()))
                                                : "first of z"};
  const Picture* shown[] = {bench_.editing() && !bench_.decoded().empty()           ? &bench_.decoded()
                            : view.mode == Mode::dream || view.mode == Mode::locked ? &view.moment.dream
                                                                                    : &view.moment.reconstruction,
                            &bench_.narrowed()};
  ScreenPicture* screens[] = {&decoded_, &narrowed_};
  for (int i = 0; i < 2; ++i) {
    const ImVec2 from(i == 0 ? at.x : second, at.y);
    list.AddRectFilled(from, {from.x + size, from.y + size}, theme::kBackground);
    if (SDL_Texture* texture = screens[i]->show(renderer_, *shown[i])) {
      list.AddImage(texture, from, {from.x + size, from.y + size});
    }
    list.AddText({from.x, from.y + size + theme::scaled(3)}, theme::kMuted, words[i].c_str());
    tooltip({static_cast<int>(from.x), static_cast<int>(from.y), static_cast<int>(size), static_cast<int>(size)},
            i == 0 ? "decoded z" : "First N of z");
  }
  ImGui::Dummy({width, size + theme::scaled(3) + ImGui::GetTextLineHeight()});
}

bool LatentPanel::bars(const View& view) {
  bool held = false;
  const auto facts = bench_.facts();
  const std::vector<float> latent = bench_.latent(view);
  ImGui::BeginChild("bars", {0, std::max(theme::scaled(40), ImGui::GetContentRegionAvail().y)}, false,
                    ImGuiWindowFlags_NoNav);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight() + theme::scaled(3), width = ImGui::GetContentRegionAvail().x;
  const float name = ImGui::CalcTextSize("z000").x, number = ImGui::CalcTextSize("0.000").x + theme::scaled(8);
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
    held = held || active;
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
      ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(theme::scaled(8), theme::scaled(6)));
      ImGui::SetTooltip("z%d = %.2f; drag to change it\nKL from the prior %.3f nats%s\nmean %.2f, deviation %.2f",
                        dimension.index, latent[index], dimension.kl, dimension.dead ? ": dead, it tells nothing" : "",
                        dimension.mean, dimension.deviation);
      ImGui::PopStyleVar();
    }
    const float top = at.y + theme::scaled(2), bottom = at.y + line - theme::scaled(2);
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
  return held;
}

}  // namespace reverie
