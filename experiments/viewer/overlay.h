// A page of text and boxes over the whole window. It is laid out first, so that a test can see whether it fits, and
// then drawn.
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

#include "experiments/viewer/layout.h"

namespace reverie {

struct OverlayText {
  ImVec2 at, size;  // pixels
  ImU32 colour = 0;
  std::string words;
};

struct OverlayBox {
  Box box;
  ImU32 colour = 0;  // of its edge
};

struct OverlayPage {
  Box ground;  // the rectangle behind all of it
  ImFont* font = nullptr;
  std::vector<OverlayBox> boxes;
  std::vector<OverlayText> texts;
  bool fits = false;
};

// Above everything else of this frame. dimmed: the rest of the window is darkened.
void draw_overlay(const OverlayPage& page, bool dimmed);

float text_width(const ImFont* font, const std::string& text);

// Lines not wider than `width`, broken between words; a word that is wider stands alone.
std::vector<std::string> wrapped(const ImFont* font, const std::string& text, float width);

}  // namespace reverie
