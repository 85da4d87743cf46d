#include "experiments/report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/report/html.h"
#include "experiments/run/palette.h"

namespace reverie {
namespace {

// In units of the viewBox.
constexpr double kWidth = 560, kHeight = 320, kLeft = 64, kRight = 14, kTop = 14, kBottom = 48;
constexpr std::size_t kNumColours = palette::kSeries.size();  // .c0 to .c7 of the page's style

std::string at(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    if (std::isfinite(value)) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  bool empty() const { return low > high; }
};

struct Axis {
  Range range;  // from the first tick to the last
  std::vector<double> ticks;
  double from = 0, to = 0;  // where the range's ends are drawn

  double place(double value) const { return from + (value - range.low) / (range.high - range.low) * (to - from); }
};

Axis make_axis(const Range& range, double from, double to, bool cover, bool whole = false) {
  Axis axis;
  // A whole axis begins and ends at whole numbers, so that it has a tick whatever the range.
  double low = whole ? std::floor(range.low) : range.low, high = whole ? std::ceil(range.high) : range.high;
  if (high - low <= 1e-12 * std::max(1.0, std::abs(high))) {
    const double margin = std::max(0.5 * std::abs(high), 0.5);
    low -= margin;
    high += margin;
  }
  axis.ticks = round_ticks(low, high, 6, whole ? 1.0 : 0.0);
  axis.range = cover ? Range{axis.ticks.front(), axis.ticks.back()} : Range{low, high};
  std::erase_if(axis.ticks, [&](double tick) {
    const double slack = 1e-9 * (axis.range.high - axis.range.low);
    return tick < axis.range.low - slack || tick > axis.range.high + slack;
  });
  axis.from = from;
  axis.to = to;
  return axis;
}

std::string tick_text(double value, const std::vector<double>& ticks) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1.0;
  const double largest = std::max(std::abs(ticks.front()), std::abs(ticks.back()));
  char text[32];
  if (largest >= 1e6 || (largest > 0.0 && largest < 1e-3)) {
    std::snprintf(text, sizeof(text), "%.3g", std::abs(value));
  } else {
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    std::snprintf(text, sizeof(text), "%.*f", decimals, std::abs(value));
  }
  return (value < 0.0 ? "−" : "") + std::string(text);
}

std::string colour(const Chart& chart, std::size_t series) {
  const std::size_t place = series % kNumColours;
  return str("c", chart.series[series].colour.value_or(static_cast<int>(place)));
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
  return str("<path class=\"", style, "\" d=\"M", at(x1), " ", at(y1), "L", at(x2), " ", at(y2), "\"/>\n");
}

std::string words(double x, double y, const char* style, const std::string& text) {
  return str("<text class=\"", style, "\" x=\"", at(x), "\" y=\"", at(y), "\">", escape_html(text), "</text>\n");
}

std::string y_axis(const Axis& y, const std::string& label) {
  std::string svg;
  for (const double tick : y.ticks) {
    svg += line(kLeft, y.place(tick), kWidth - kRight, y.place(tick), "grid");
    svg += words(kLeft - 8, y.place(tick) + 4, "tick end", tick_text(tick, y.ticks));
  }
  return svg + str("<text class=\"label\" transform=\"translate(14 ", at((kTop + kHeight - kBottom) / 2),
                   ") rotate(-90)\">", escape_html(label), "</text>\n");
}

std::string x_axis(const Axis& x, const std::string& label) {
  std::string svg = line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom, "axis");
  for (const double tick : x.ticks) {
    svg += line(x.place(tick), kHeight - kBottom, x.place(tick), kHeight - kBottom + 5, "axis");
    svg += words(x.place(tick), kHeight - kBottom + 19, "tick", tick_text(tick, x.ticks));
  }
  return svg + words((kLeft + kWidth - kRight) / 2, kHeight - 8, "label", label);
}

// The runs of finite points.
std::vector<std::vector<std::size_t>> pieces(const Series& series, bool with_band) {
  std::vector<std::vector<std::size_t>> runs(1);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool finite = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) &&
                        (!with_band || (std::isfinite(series.low[i]) && std::isfinite(series.high[i])));
    if (finite) {
      runs.back().push_back(i);
    } else if (!runs.back().empty()) {
      runs.emplace_back();
    }
  }
  if (runs.back().empty()) {
    runs.pop_back();
  }
  return runs;
}

std::string figure(const Chart& chart, const std::string& attributes, const std::string& svg, const char* kind = "") {
  std::string html =
      str("<figure class=\"chart", kind, "\">\n<figcaption>", escape_html(chart.title), "</figcaption>\n");
  if (chart.series.size() > 1) {
    html += "<ul class=\"legend\">\n";
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
      html += str("<li class=\"", colour(chart, i), chart.series[i].dashed ? " dashed" : "", "\">",
                  escape_html(chart.series[i].name), "</li>\n");
    }
    html += "</ul>\n";
  }
  html += str("<svg viewBox=\"0 0 ", kWidth, " ", kHeight, "\" role=\"img\" aria-label=\"", escape_html(chart.title),
              "\"", attributes, ">\n", svg, "</svg>\n</figure>\n");
  return html;
}

std::string nothing_to_show(const Chart& chart) {
  return figure(chart, "",
                line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom, "axis") +
                    words(kWidth / 2, kHeight / 2, "label", "nothing to show: no values"));
}

void check_sizes(const Chart& chart) {
  for (const Series& series : chart.series) {
    REVERIE_CHECK(series.x.size(), ==, series.y.size());
    REVERIE_CHECK(series.low.size(), ==, series.high.size());
    REVERIE_CHECK((series.low.empty() || series.low.size() == series.y.size()), ==, true);
    REVERIE_CHECK((series.labels.empty() || series.labels.size() == series.y.size()), ==, true);
  }
}

// What the page's script shows beside the pointer.
std::string hover_data(const Chart& chart, const Axis& x) {
  nlohmann::ordered_json data = {{"left", kLeft},      {"right", kWidth - kRight},
                                 {"low", x.range.low}, {"high", x.range.high},
                                 {"x", chart.x_label}, {"series", nlohmann::json::array()}};
  for (const Series& series : chart.series) {
    nlohmann::ordered_json points = nlohmann::json::array();
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
        points.push_back(
            {std::round(10.0 * x.place(series.x[i])) / 10.0, tick_text(series.x[i], x.ticks), shown(series.y[i])});
      }
    }
    data["series"].push_back({{"name", series.name}, {"points", points}});
  }
  return str(" data-hover=\"", escape_html(data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)),
             "\"");
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int count, double least_step) {
  REVERIE_CHECK(high, >, low);
  const double rough = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1.0 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  step = std::max(step, least_step);
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; i += 1.0) {
    ticks.push_back(i * step);
  }
  return ticks;
}

std::string line_chart(const Chart& chart) {
  check_sizes(chart);
  Range x_range, y_range;
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.y[i])) {
        x_range.add(series.x[i]);
        y_range.add(series.y[i]);
        if (!series.low.empty()) {
          y_range.add(series.low[i]);
          y_range.add(series.high[i]);
        }
      }
    }
  }
  if (x_range.empty() || y_range.empty()) {
    return nothing_to_show(chart);
  }
  if (chart.y_from_zero) {
    y_range.add(0.0);
  }
  const Axis x = make_axis(x_range, kLeft, kWidth - kRight, false, chart.whole_x);
  const Axis y = make_axis(y_range, kHeight - kBottom, kTop, true);
  std::string svg = y_axis(y, chart.y_label) + x_axis(x, chart.x_label);
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const Series& series = chart.series[s];
    if (series.low.empty()) {
      continue;
    }
    for (const std::vector<std::size_t>& run : pieces(series, true)) {
      std::string d;
      for (const std::size_t i : run) {
        d += str(d.empty() ? "M" : "L", at(x.place(series.x[i])), " ", at(y.place(series.high[i])));
      }
      for (auto i = run.rbegin(); i != run.rend(); ++i) {
        d += str("L", at(x.place(series.x[*i])), " ", at(y.place(series.low[*i])));
      }
      svg += str("<path class=\"band ", colour(chart, s), "\" d=\"", d, "Z\"/>\n");
    }
  }
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const Series& series = chart.series[s];
    for (const std::vector<std::size_t>& run : pieces(series, false)) {
      std::string d;
      for (const std::size_t i : run) {
        d += str(d.empty() ? "M" : "L", at(x.place(series.x[i])), " ", at(y.place(series.y[i])));
      }
      svg += str("<path class=\"line ", colour(chart, s), series.dashed ? " dashed" : "", "\" d=\"", d, "\"/>\n");
      if (run.size() == 1 || series.x.size() <= 12) {
        for (const std::size_t i : run) {
          svg += str("<circle class=\"dot ", colour(chart, s), "\" cx=\"", at(x.place(series.x[i])), "\" cy=\"",
                     at(y.place(series.y[i])), "\" r=\"3.5\"/>\n");
        }
      }
    }
  }
  if (chart.marker) {
    const double place = x.place(chart.marker->first);
    svg += line(place, kTop, place, kHeight - kBottom, "marker");
    const bool left = place > (kLeft + kWidth - kRight) / 2;
    svg += words(place + (left ? -6 : 6), kTop + 10, left ? "tick end" : "tick start", chart.marker->second);
  }
  svg += line(kLeft, kTop, kLeft, kHeight - kBottom, "pointer");
  return figure(chart, hover_data(chart, x), svg);
}

std::string bar_chart(const Chart& chart) {
  check_sizes(chart);
  Range y_range;
  for (const Series& series : chart.series) {
    REVERIE_CHECK(series.y.size(), ==, chart.categories.size());
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      y_range.add(series.y[i]);
      if (!series.low.empty() && std::isfinite(series.y[i])) {
        y_range.add(series.low[i]);
        y_range.add(series.high[i]);
      }
    }
  }
  if (y_range.empty()) {
    return nothing_to_show(chart);
  }
  y_range.add(0.0);
  const Axis y = make_axis(y_range, kHeight - kBottom, kTop, true);
  std::string svg = y_axis(y, chart.y_label);
  const double group = (kWidth - kRight - kLeft) / static_cast<double>(chart.categories.size());
  const double width = std::min(90.0, 0.72 * group / static_cast<double>(chart.series.size()));
  for (std::size_t g = 0; g < chart.categories.size(); ++g) {
    const double middle = kLeft + group * (static_cast<double>(g) + 0.5);
    const double first = middle - width * static_cast<double>(chart.series.size()) / 2;
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      const Series& series = chart.series[s];
      if (!std::isfinite(series.y[g])) {
        continue;
      }
      const double left = first + width * static_cast<double>(s) + 1, right = left + width - 2;
      svg +=
          str("<path class=\"bar ", colour(chart, s), "\" d=\"M", at(left), " ", at(y.place(0.0)), "V",
              at(y.place(series.y[g])), "H", at(right), "V", at(y.place(0.0)), "Z\"><title>",
              escape_html(str(chart.categories[g], ", ", series.name, ": ", shown(series.y[g]))), "</title></path>\n");
      if (!series.low.empty() && std::isfinite(series.low[g]) && std::isfinite(series.high[g])) {
        const double x = (left + right) / 2, low = y.place(series.low[g]), high = y.place(series.high[g]);
        svg += str("<path class=\"whisker\" d=\"M", at(x), " ", at(low), "V", at(high), "M", at(x - 4), " ", at(low),
                   "H", at(x + 4), "M", at(x - 4), " ", at(high), "H", at(x + 4), "\"/>\n");
      }
    }
    svg += words(middle, kHeight - kBottom + 19, "tick", chart.categories[g]);
  }
  svg += line(kLeft, y.place(0.0), kWidth - kRight, y.place(0.0), "axis");
  svg += words((kLeft + kWidth - kRight) / 2, kHeight - 8, "label", chart.x_label);
  return figure(chart, "", svg);
}

std::string scatter_chart(const Chart& chart, Diagonal diagonal) {
  check_sizes(chart);
  Range x_range, y_range;
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
        x_range.add(series.x[i]);
        y_range.add(series.y[i]);
        if (!series.low.empty()) {
          y_range.add(series.low[i]);
          y_range.add(series.high[i]);
        }
      }
    }
  }
  if (x_range.empty()) {
    return nothing_to_show(chart);
  }
  if (diagonal == Diagonal::x_equals_y) {
    x_range.add(y_range.low);
    x_range.add(y_range.high);
    y_range = x_range;
  }
  const Axis x = make_axis(x_range, kLeft, kWidth - kRight, true);
  const Axis y = make_axis(y_range, kHeight - kBottom, kTop, true);
  std::string svg = y_axis(y, chart.y_label) + x_axis(x, chart.x_label);
  if (diagonal == Diagonal::x_equals_y) {
    svg += line(x.place(x.range.low), y.place(x.range.low), x.place(x.range.high), y.place(x.range.high), "marker");
  }
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const Series& series = chart.series[s];
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) {
        continue;
      }
      const double px = x.place(series.x[i]), py = y.place(series.y[i]);
      if (!series.low.empty() && std::isfinite(series.low[i]) && std::isfinite(series.high[i])) {
        svg += line(px, y.place(series.low[i]), px, y.place(series.high[i]), "whisker");
      }
      svg +=
          str("<circle class=\"point ", colour(chart, s), "\" cx=\"", at(px), "\" cy=\"", at(py), "\" r=\"6\"><title>",
              escape_html(str(series.labels.empty() ? series.name : series.labels[i], ": ", shown(series.x[i]), ", ",
                              shown(series.y[i]))),
              "</title></circle>\n");
    }
  }
  return figure(chart, "", svg, " scatter");
}

}  // namespace reverie
