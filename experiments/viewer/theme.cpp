#include "experiments/viewer/theme.h"

#include <filesystem>

namespace reverie::theme {
namespace {

#ifndef REVERIE_FONT
#define REVERIE_FONT ""
#endif

constexpr float kFontPixels = 14;

ImVec4 vector(ImU32 colour) {
  return ImGui::ColorConvertU32ToFloat4(colour);
}

// The font found when this was built, else the one inside Dear ImGui.
void load_font() {
  ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
  std::error_code error;
  ImFontConfig config;
  config.OversampleH = 1;  // SDL draws with the nearest texel
  config.PixelSnapH = true;
  if (std::filesystem::is_regular_file(REVERIE_FONT, error)) {
    fonts.AddFontFromFileTTF(REVERIE_FONT, kFontPixels, &config);
  }
  if (fonts.Fonts.empty()) {
    fonts.AddFontDefault();
  }
}

}  // namespace

ImU32 faded(ImU32 colour, float alpha) {
  return (colour & ~IM_COL32_A_MASK) | static_cast<ImU32>(alpha * 255.0f + 0.5f) << IM_COL32_A_SHIFT;
}

void apply() {
  load_font();
  ImGuiStyle& style = ImGui::GetStyle();
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
