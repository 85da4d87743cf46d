#include "experiments/viewer/keys_overlay.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "env/error.h"
#include "experiments/viewer/keys.h"
#include "experiments/viewer/theme.h"

namespace reverie {
namespace {

struct NamedBox {
  const char* name;
  ImU32 colour;
  int weight;  // of its width
};

std::vector<NamedBox> panes_of(Mode mode) {
  const NamedBox game{"Game", theme::kGame, 5}, dream{"Dream", theme::kDream, 5},
      recorded{"Recorded game", theme::kGame, 5}, seen{"As the model sees it", theme::kGame, 4},
      reconstruction{"Reconstruction by V", theme::kReconstruction, 5}, error{"Error", theme::kDifference, 3};
  switch (mode) {
    case Mode::game:
      return {game, seen, reconstruction, error};
    case Mode::dream:
      return {dream};
    case Mode::locked:
      return {game, dream, seen, reconstruction, error};
    case Mode::browse:
      return {recorded, reconstruction, error};
  }
  return {};
}

const char* heading_of(Mode mode) {
  switch (mode) {
    case Mode::game:
      return "What you see: the agent in the game";
    case Mode::dream:
      return "What you see: the agent in the dream";
    case Mode::locked:
      return "What you see: game and dream under the same actions";
    case Mode::browse:
      return "What you see: a recorded episode";
  }
  return "";
}

// In the middle of the box, in as many lines as it takes. False where there is no room.
bool name_box(OverlayPage& page, const Box& box, const NamedBox& named) {
  const float line = page.font->FontSize, width = static_cast<float>(box.width) - theme::scaled(6);
  const std::vector<std::string> lines = wrapped(page.font, named.name, width);
  const float height = line * static_cast<float>(lines.size());
  float y = static_cast<float>(box.y) + std::floor((static_cast<float>(box.height) - height) / 2);
  bool fits = height <= static_cast<float>(box.height);
  page.boxes.push_back({box, named.colour});
  for (const std::string& words : lines) {
    const float across = text_width(page.font, words);
    fits = fits && across <= width;
    const float x = static_cast<float>(box.x) + std::floor((static_cast<float>(box.width) - across) / 2);
    page.texts.push_back({{x, y}, {across, line}, named.colour, words});
    y += line;
  }
  return fits;
}

// What stands where in the window, as boxes with names.
bool place_picture(OverlayPage& page, const Box& area, Mode mode) {
  const int gap = static_cast<int>(theme::scaled(3));
  const int bar = static_cast<int>(page.font->FontSize) + gap;
  bool fits = true;
  const auto row = [&](const Box& box, const std::vector<NamedBox>& names) {
    const int weights =
        std::accumulate(names.begin(), names.end(), 0, [](int sum, const NamedBox& next) { return sum + next.weight; });
    int x = box.x, weight = 0;
    for (const NamedBox& named : names) {
      weight += named.weight;
      const int end = box.x + (box.width + gap) * weight / weights - gap;
      fits = name_box(page, {x, box.y, end - x, box.height}, named) && fits;
      x = end + gap;
    }
  };
  const auto plain = [](const char* name, int weight = 1) { return NamedBox{name, theme::kMuted, weight}; };
  row({area.x, area.y, area.width, bar}, {plain("The run", 5), plain("Modes: 1 2 3 4", 4)});
  row({area.x, area.y + area.height - bar, area.width, bar},
      {plain("Messages", 5), plain("The keys of the moment", 4)});
  const int top = area.y + bar + gap, height = area.height - 2 * (bar + gap), left = area.width * 7 / 10;
  row({area.x, top, left, height - 2 * (bar + gap)}, panes_of(mode));
  row({area.x, top + height - 2 * bar - gap, left, bar}, {plain("Time: pause, look back, speed")});
  row({area.x, top + height - bar, left, bar}, {plain("Plots: reward, return, how sure M is, action")});
  const int right = area.x + left + gap, width = area.width - left - gap;
  row({right, top, width, bar}, {plain("Temperature")});
  row({right, top + bar + gap, width, bar}, {plain("Controller")});
  row({right, top + 2 * (bar + gap), width, height - 2 * (bar + gap)}, {plain("z: a bar for each of its numbers")});
  return fits;
}

// A row of the table, or (no key) the heading of a group.
struct Row {
  std::string key;
  std::vector<std::string> lines;
};

struct Columns {
  std::vector<std::size_t> first;  // row of each column
  int height = 0;                  // lines
};

int lines_of(const Row& row) {
  return row.key.empty() ? 2 : static_cast<int>(row.lines.size());  // a heading stands apart
}

// The lowest columns that hold all rows; headings are never the last of a column. whole: nor are groups divided.
Columns divide(const std::vector<Row>& rows, int count, bool whole) {
  const int all =
      std::accumulate(rows.begin(), rows.end(), 0, [](int sum, const Row& row) { return sum + lines_of(row); });
  for (int height = (all + count - 1) / count;; ++height) {
    Columns columns{{0}, height};
    bool fits = true;
    int used = -1;  // the space above a first heading is not needed
    for (std::size_t i = 0; i < rows.size(); ++i) {
      int needed = lines_of(rows[i]);
      for (std::size_t next = i + 1; rows[i].key.empty() && next < rows.size() && !rows[next].key.empty(); ++next) {
        needed += lines_of(rows[next]);
        if (!whole) {
          break;
        }
      }
      if (used + needed > height && i > columns.first.back()) {
        columns.first.push_back(i);
        used = rows[i].key.empty() ? -1 : 0;
      }
      used += lines_of(rows[i]);
      fits = fits && used <= height;
    }
    if ((fits && columns.first.size() <= static_cast<std::size_t>(count)) || height > all) {
      return columns;
    }
  }
}

struct Style {
  ImFont* font;
  int picture;  // lines; 0: none
};

OverlayPage lay_out(int width, int height, const Style& style, int count, bool whole, Mode mode,
                    const std::vector<KeyHelp>& table) {
  OverlayPage page;
  page.font = style.font;
  const float text = style.font->FontSize, line = text + theme::scaled(style.font == theme::font() ? 4 : 1);
  const float margin = theme::scaled(12), gap = theme::scaled(20), between = theme::scaled(10);
  float key_width = 0, what_width = 0;
  for (const KeyHelp& row : table) {
    key_width = std::max(key_width, text_width(style.font, row.key));
    what_width = std::max(what_width, text_width(style.font, row.what));
  }
  const auto columns_wide = static_cast<float>(count);
  const float room = static_cast<float>(width) - 4 * margin - (columns_wide - 1) * gap;
  const float column = std::floor(std::min(key_width + between + what_width, room / columns_wide));
  std::vector<Row> rows;
  std::string group;
  for (const KeyHelp& row : table) {
    if (row.group != group) {
      rows.push_back({"", {row.group}});
      group = row.group;
    }
    rows.push_back({row.key, wrapped(style.font, row.what, column - key_width - between)});
  }
  const Columns columns = divide(rows, count, whole);
  const float across = columns_wide * column + (columns_wide - 1) * gap;
  const float picture = static_cast<float>(style.picture) * text;
  const float above = picture > 0 ? line + picture + theme::scaled(10) : 0;
  const float down = above + static_cast<float>(columns.height) * line;
  const float left = std::floor((static_cast<float>(width) - across) / 2);
  const float top = std::floor((static_cast<float>(height) - down) / 2);
  page.fits = left >= margin && top >= margin && column > key_width + between &&
              columns.first.size() <= static_cast<std::size_t>(count);
  page.ground = {static_cast<int>(left - margin), static_cast<int>(top - margin), static_cast<int>(across + 2 * margin),
                 static_cast<int>(down + 2 * margin)};
  const auto place = [&](float x, float y, ImU32 colour, const std::string& words) {
    page.texts.push_back({{x, y}, {text_width(style.font, words), text}, colour, words});
  };
  if (picture > 0) {
    place(left, top, theme::kGame, heading_of(mode));
    const float wide = std::min(across, theme::scaled(860));
    const Box area{static_cast<int>(left), static_cast<int>(top + line), static_cast<int>(wide),
                   static_cast<int>(picture)};
    page.fits = place_picture(page, area, mode) && page.fits;
  }
  for (std::size_t at = 0; at < columns.first.size(); ++at) {
    const float x = left + static_cast<float>(at) * (column + gap);
    const std::size_t first = columns.first[at];
    const std::size_t last = at + 1 < columns.first.size() ? columns.first[at + 1] : rows.size();
    float y = top + above - (rows[first].key.empty() ? line : 0);
    for (std::size_t i = first; i < last; ++i) {
      if (rows[i].key.empty()) {
        place(x, y + line, theme::kGame, rows[i].lines.front());
        y += 2 * line;
        continue;
      }
      place(x, y, theme::kText, rows[i].key);
      for (const std::string& words : rows[i].lines) {
        place(x + key_width + between, y, theme::kMuted, words);
        page.fits = page.fits && text_width(style.font, words) <= column - key_width - between;
        y += line;
      }
    }
    page.fits = page.fits && y <= top + down;
  }
  return page;
}

}  // namespace

OverlayPage lay_out_keys(int width, int height, Mode mode, const std::vector<GameKey>& game) {
  const std::vector<KeyHelp> table = key_help("You play", game);
  ImFont* const usual = theme::font();
  OverlayPage page;
  for (const Style& style : {Style{usual, 14}, Style{usual, 9}, Style{theme::small_font(), 11},
                             Style{theme::small_font(), 9}, Style{theme::small_font(), 0}}) {
    for (const bool whole : {true, false}) {
      for (int count = 1; count <= 3; ++count) {
        page = lay_out(width, height, style, count, whole, mode, table);
        if (page.fits) {
          return page;
        }
      }
    }
  }
  return page;
}

}  // namespace reverie
