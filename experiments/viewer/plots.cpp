#include "experiments/viewer/plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

struct Extent {
  float low = 0, high = 1;
};

Extent range_of(const Plot& plot) {
  Extent range{INFINITY, -INFINITY};
  for (const Curve& curve : plot.curves) {
    for (const float value : curve.values) {
      if (std::isfinite(value)) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
      }
    }
  }
  if (!(range.low <= range.high)) {
    range = {0, 1};
  }
  if (plot.from_zero) {
    range.low = std::min(range.low, 0.0f);
    range.high = std::max(range.high, 0.0f);
  }
  range.low = plot.low.value_or(range.low);
  range.high = plot.high.value_or(range.high);
  if (!(range.high - range.low > 1e-6f * std::max(1.0f, std::abs(range.low)))) {
    range.high = range.low + 1e-6f + std::abs(range.low);
  }
  return range;
}

// Neighbouring columns of equal height are drawn as one rectangle.
void draw_curve(ImDrawList& list, const Box& box, const Curve& curve, int num_steps, const Extent& range) {
  const float thick = 1.5f * theme::scale(), least = std::round(2 * theme::scale());
  const CurveColumns columns = columns_of(curve, box.width, box.height, num_steps, range.low, range.high);
  const auto rows = [&](int column) {
    const float low = columns.low[static_cast<std::size_t>(column)],
                high = columns.high[static_cast<std::size_t>(column)];
    const float top = std::round(low - thick / 2);
    return std::pair(top, std::max(top + least, std::round(high + thick / 2)));
  };
  for (int first = 0; first < box.width;) {
    if (columns.low[static_cast<std::size_t>(first)] > columns.high[static_cast<std::size_t>(first)]) {
      ++first;
      continue;
    }
    const auto [top, bottom] = rows(first);
    int last = first + 1;
    while (last < box.width && rows(last) == std::pair(top, bottom)) {
      ++last;
    }
    const float x = static_cast<float>(box.x), y = static_cast<float>(box.y);
    list.AddRectFilled({x + static_cast<float>(first), y + top}, {x + static_cast<float>(last), y + bottom},
                       curve.colour);
    first = last;
  }
}

}  // namespace

CurveColumns columns_of(const Curve& curve, int width, int height, int num_steps, float low, float high) {
  CurveColumns columns{std::vector<float>(static_cast<std::size_t>(width), INFINITY),
                       std::vector<float>(static_cast<std::size_t>(width), -INFINITY)};
  const float across = static_cast<float>(width - 1) / static_cast<float>(std::max(1, num_steps));
  const auto add = [&](int column, float y) {
    const auto at = static_cast<std::size_t>(std::clamp(column, 0, width - 1));
    columns.low[at] = std::min(columns.low[at], y);
    columns.high[at] = std::max(columns.high[at], y);
  };
  float x_before = NAN, y_before = NAN;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    if (!std::isfinite(curve.values[i])) {
      y_before = NAN;
      continue;
    }
    const float share = std::clamp((curve.values[i] - low) / (high - low), 0.0f, 1.0f);
    const float x = across * static_cast<float>(curve.first + static_cast<int>(i));
    const float y = (1 - share) * static_cast<float>(height - 1);
    if (std::isfinite(y_before)) {
      // Add the line from the last value: its height at each border between columns.
      for (int border = static_cast<int>(x_before) + 1; border <= static_cast<int>(x); ++border) {
        const float crossed = y_before + (y - y_before) * (static_cast<float>(border) - x_before) / (x - x_before);
        add(border - 1, crossed);
        add(border, crossed);
      }
    }
    add(static_cast<int>(x), y);
    x_before = x;
    y_before = y;
  }
  return columns;
}

std::string short_number(double value) {
  const double size = std::abs(value);
  const char* format = !std::isfinite(value) ? "%g"
                       : value == 0          ? "%.0f"
                       : size >= 100         ? "%.0f"
                       : size >= 10          ? "%.1f"
                       : size >= 0.1         ? "%.2f"
                       : size >= 0.0005      ? "%.4f"
                                             : "%.0e";
  char text[32];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

std::string probability_in_words(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f", value);
  return text;
}

void draw_plot(ImDrawList& list, const Box& box, const Plot& plot) {
  const ImVec2 from(static_cast<float>(box.x), static_cast<float>(box.y));
  const ImVec2 to(static_cast<float>(box.x + box.width), static_cast<float>(box.y + box.height));
  list.AddRectFilled(from, to, theme::kPanel);
  tooltip(box, plot.title);
  list.PushClipRect(from, to, true);
  const float padding = theme::scaled(6), text_y = from.y + theme::scaled(3);
  const float line_height = ImGui::GetTextLineHeight();
  const ImU32 colour = plot.curves.empty() ? theme::kText : plot.curves.front().colour;
  float right = to.x - padding;
  const float title_end = from.x + padding + ImGui::CalcTextSize(plot.title.c_str()).x + theme::scaled(4);
  bool with_title = true;
  if (plot.curves.size() > 1) {  // the legend stands where the newest value would
    for (auto curve = plot.curves.rbegin(); curve != plot.curves.rend(); ++curve) {
      right -= ImGui::CalcTextSize(curve->name.c_str()).x;
      if (right < from.x + padding) {
        break;  // the rest has no room
      }
      list.AddText({right, text_y}, curve->colour, curve->name.c_str());
      with_title = right >= title_end;
      right -= theme::scaled(7);
    }
  } else {
    right -= ImGui::CalcTextSize(plot.now.c_str()).x;
    if (right >= title_end) {
      list.AddText({right, text_y}, colour, plot.now.c_str());
    }
  }
  if (with_title) {
    const std::string title = fitted(plot.title, to.x - from.x - 2 * padding);
    list.AddText({from.x + padding, text_y}, theme::kMuted, title.c_str());
  }
  const Box inside{box.x + static_cast<int>(padding), box.y + static_cast<int>(line_height + theme::scaled(8)),
                   box.width - 2 * static_cast<int>(padding),
                   box.height - static_cast<int>(line_height + theme::scaled(14))};
  if (inside.width > 4 && inside.height > 4) {
    const Extent range = range_of(plot);
    if (range.low <= 0 && range.high >= 0) {
      const float y = std::round(static_cast<float>(inside.y) +
                                 range.high / (range.high - range.low) * static_cast<float>(inside.height));
      list.AddRectFilled({static_cast<float>(inside.x), y}, {static_cast<float>(inside.x + inside.width), y + 1},
                         theme::kLine);
    }
    if (plot.mark) {
      const float share = static_cast<float>(*plot.mark) / static_cast<float>(std::max(1, plot.num_steps));
      const float x = std::round(static_cast<float>(inside.x) + share * static_cast<float>(inside.width - 1));
      list.AddRectFilled({x, from.y + line_height + 3}, {x + 1, to.y}, theme::kMuted);
    }
    for (const Curve& curve : plot.curves) {
      draw_curve(list, inside, curve, plot.num_steps, range);
    }
  }
  list.PopClipRect();
}

}  // namespace reverie
