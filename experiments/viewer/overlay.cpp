#include "experiments/viewer/overlay.h"

#include <cfloat>
#include <sstream>

#include "experiments/viewer/theme.h"
#include "experiments/viewer/widgets.h"

namespace reverie {

float text_width(const ImFont* font, const std::string& text) {
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, text.c_str()).x;
}

std::vector<std::string> wrapped(const ImFont* font, const std::string& text, float width) {
  std::istringstream words(text);
  std::vector<std::string> lines;
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && text_width(font, longer) <= width) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

void draw_overlay(const OverlayPage& page, bool dimmed) {
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  if (dimmed) {
    list.AddRectFilled({0, 0}, ImGui::GetIO().DisplaySize, IM_COL32(10, 12, 15, 190));
  }
  const auto rectangle = [&list](const Box& box, ImU32 edge, ImU32 inside) {
    const Box inner{box.x + 1, box.y + 1, box.width - 2, box.height - 2};
    list.AddRectFilled(upper_left(box), lower_right(box), edge);
    list.AddRectFilled(upper_left(inner), lower_right(inner), inside);
  };
  rectangle(page.ground, theme::kLine, theme::kPanel);
  for (const OverlayBox& box : page.boxes) {
    rectangle(box.box, box.colour, theme::kBackground);
  }
  for (const OverlayText& text : page.texts) {
    list.AddText(page.font, page.font->FontSize, text.at, text.colour, text.words.c_str());
  }
}

}  // namespace reverie
