#include "experiments/viewer/theme.h"

#include <cmath>
#include <filesystem>

namespace reverie::theme {
namespace {

#ifndef REVERIE_FONT
#define REVERIE_FONT ""
#endif

constexpr float kFontPixels = 14, kSmallFontPixels = 11;

float current_scale = 1;  // one window at a time, as Dear ImGui's context

ImVec4 vector(ImU32 colour) {
  return ImGui::ColorConvertU32ToFloat4(colour);
}

// The font found when this was built, else the one inside Dear ImGui: the usual size, and the small one after it.
void load_fonts(float scale) {
  ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
  fonts.Clear();
  std::error_code error;
  ImFontConfig config;
  config.OversampleH = 1;  // SDL draws with the nearest texel
  config.PixelSnapH = true;
  const bool found = std::filesystem::is_regular_file(REVERIE_FONT, error);
  for (const float pixels : {kFontPixels, kSmallFontPixels}) {
    config.SizePixels = std::round(pixels * scale);
    const int before = fonts.Fonts.Size;
    if (found) {
      fonts.AddFontFromFileTTF(REVERIE_FONT, config.SizePixels, &config);
    }
    if (fonts.Fonts.Size == before) {
      fonts.AddFontDefault(&config);
    }
  }
}

}  // namespace

ImU32 faded(ImU32 colour, float alpha) {
  return (colour & ~IM_COL32_A_MASK) | static_cast<ImU32>(alpha * 255.0f + 0.5f) << IM_COL32_A_SHIFT;
}

float scale() {
  return current_scale;
}

float scaled(float pixels) {
  return std::round(pixels * current_scale);
}

ImFont* font() {
  return ImGui::GetIO().Fonts->Fonts.front();
}

ImFont* small_font() {
  return ImGui::GetIO().Fonts->Fonts.back();
}

void apply(float scale) {
  current_scale = scale;
  load_fonts(scale);
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  ImGui::StyleColorsDark(&style);
  style.WindowPadding = {0, 0};
  style.FramePadding = {7, 3};
  style.ItemSpacing = {6, 5};
  style.ItemInnerSpacing = {6, 4};
  style.WindowBorderSize = style.ChildBorderSize = style.FrameBorderSize = 0;
  style.WindowRounding = style.ChildRounding = style.FrameRounding = style.PopupRounding = style.GrabRounding = 0;
  style.ScrollbarSize = 10;
  style.ScrollbarRounding = 0;
  style.GrabMinSize = 8;
  style.AntiAliasedLinesUseTex = false;  // it needs a smoothed texture
  style.PopupBorderSize = 1;
  style.ScaleAllSizes(scale);
  style.Colors[ImGuiCol_Text] = vector(kText);
  style.Colors[ImGuiCol_TextDisabled] = vector(kMuted);
  style.Colors[ImGuiCol_WindowBg] = vector(kBackground);
  style.Colors[ImGuiCol_ChildBg] = vector(kPanel);
  style.Colors[ImGuiCol_PopupBg] = vector(IM_COL32(34, 39, 48, 255));
  style.Colors[ImGuiCol_FrameBg] = vector(IM_COL32(40, 46, 56, 255));
  style.Colors[ImGuiCol_FrameBgHovered] = vector(IM_COL32(50, 58, 70, 255));
  style.Colors[ImGuiCol_FrameBgActive] = vector(IM_COL32(58, 67, 81, 255));
  style.Colors[ImGuiCol_SliderGrab] = vector(IM_COL32(120, 140, 165, 255));
  style.Colors[ImGuiCol_SliderGrabActive] = vector(kGame);
  style.Colors[ImGuiCol_Button] = vector(IM_COL32(44, 51, 62, 255));
  style.Colors[ImGuiCol_ButtonHovered] = vector(IM_COL32(58, 67, 81, 255));
  style.Colors[ImGuiCol_ButtonActive] = vector(IM_COL32(72, 84, 101, 255));
  style.Colors[ImGuiCol_Header] = vector(IM_COL32(52, 60, 73, 255));
  style.Colors[ImGuiCol_HeaderHovered] = vector(IM_COL32(62, 72, 87, 255));
  style.Colors[ImGuiCol_HeaderActive] = vector(IM_COL32(72, 84, 101, 255));
  style.Colors[ImGuiCol_ScrollbarBg] = vector(kPanel);
  style.Colors[ImGuiCol_ScrollbarGrab] = vector(IM_COL32(62, 72, 87, 255));
  style.Colors[ImGuiCol_Separator] = vector(kLine);
}

}  // namespace reverie::theme
