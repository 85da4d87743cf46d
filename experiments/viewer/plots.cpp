#include "experiments/viewer/plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/viewer/theme.h"
#include "experiments/viewer/tooltips.h"
#include "experiments/viewer/widgets.h"

namespace reverie {
namespace {

struct Range {
  float low = 0, high = 1;
};

Range range_of(const Plot& plot) {
  Range range{INFINITY, -INFINITY};
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

// Where there are more values than pixel columns, each column draws its lowest and its highest.
void draw_curve(ImDrawList& list, const Box& box, const Curve& curve, int num_steps, const Range& range) {
  const int count = static_cast<int>(curve.values.size());
  const float height = static_cast<float>(box.height);
  const auto y_of = [&](float value) {
    const float share = std::clamp((value - range.low) / (range.high - range.low), 0.0f, 1.0f);
    return static_cast<float>(box.y) + (1 - share) * height;
  };
  std::vector<ImVec2> line;
  const auto flush = [&] {
    list.AddPolyline(line.data(), static_cast<int>(line.size()), curve.colour, 0, 1.5f * theme::scale());
    line.clear();
  };
  const int per_column = std::max(1, num_steps / std::max(1, box.width));
  for (int first = 0; first < count; first += per_column) {
    const int last = std::min(count, first + per_column);
    float low = INFINITY, high = -INFINITY;
    for (int i = first; i < last; ++i) {
      const float value = curve.values[static_cast<std::size_t>(i)];
      if (std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    if (!(low <= high)) {
      flush();
      continue;
    }
    const float x = static_cast<float>(box.x) + static_cast<float>(first) /
                                                    static_cast<float>(std::max(1, num_steps - 1)) *
                                                    static_cast<float>(box.width);
    line.push_back({x, y_of(low)});
    if (high > low) {
      line.push_back({x, y_of(high)});
    }
  }
  flush();
}

}  // namespace

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
    const Range range = range_of(plot);
    if (range.low <= 0 && range.high >= 0) {
      const float y = std::round(static_cast<float>(inside.y) +
                                 range.high / (range.high - range.low) * static_cast<float>(inside.height));
      list.AddRectFilled({static_cast<float>(inside.x), y}, {static_cast<float>(inside.x + inside.width), y + 1},
                         theme::kLine);
    }
    for (const Curve& curve : plot.curves) {
      draw_curve(list, inside, curve, std::max(plot.num_steps, static_cast<int>(curve.values.size())), range);
    }
  }
  list.PopClipRect();
}

}  // namespace reverie
