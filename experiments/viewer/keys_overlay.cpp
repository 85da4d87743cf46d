#include "experiments/viewer/keys_overlay.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/theme.h"

namespace reverie {

void draw_keys_overlay(int width, int height, const std::vector<GameKey>& game) {
  const std::vector<KeyHelp> table = key_help("You play", game);
  ImDrawList& list = *ImGui::GetForegroundDrawList();
  list.AddRectFilled({0, 0}, {static_cast<float>(width), static_cast<float>(height)}, IM_COL32(10, 12, 15, 190));
  const float line = ImGui::GetTextLineHeight() + 4;
  float key_width = 0, what_width = 0;
  for (const KeyHelp& row : table) {
    key_width = std::max(key_width, ImGui::CalcTextSize(row.key.c_str()).x);
    what_width = std::max(what_width, ImGui::CalcTextSize(row.what.c_str()).x);
  }
  // Groups one below the other, in two columns where there is room.
  std::vector<std::pair<std::string, int>> groups;  // name and how many keys
  for (const KeyHelp& row : table) {
    if (groups.empty() || groups.back().first != row.group) {
      groups.emplace_back(row.group, 0);
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
  auto next = table.begin();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == split) {
      x += column + gap;
      y = top;
    }
    list.AddText({x, y}, theme::kGame, groups[i].first.c_str());
    y += line;
    for (int row = 0; row < groups[i].second; ++row, ++next, y += line) {
      list.AddText({x, y}, theme::kText, next->key.c_str());
      list.AddText({x + key_width + 16, y}, theme::kMuted, next->what.c_str());
    }
    y += std::floor(0.8f * line);
  }
}

}  // namespace reverie
