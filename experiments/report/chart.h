// Charts as inline SVG. Colour-blind readers can tell the colours apart; they follow light and dark mode.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reverie {

struct Series {
  std::string name;
  std::vector<double> x, y;                 // equally many; a point that is not finite leaves a gap
  std::vector<double> low = {}, high = {};  // a band (or whiskers of bars and points) around y, or empty
  std::vector<std::string> labels = {};     // of the points of a scatter, shown on hover, or empty
  bool dashed = false;                      // for baselines
  std::optional<int> colour = {};           // 0 to 7; else by its place among the series
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool y_from_zero = false;
  bool whole_x = false;  // of line_chart(): x counts something, so only whole numbers have ticks
  // A vertical line with words beside it.
  std::optional<std::pair<double, std::string>> marker = {};
  std::vector<std::string> categories = {};  // of bar_chart(): names of the groups; x is not used there
};

// Each gives one <figure> with its legend. A chart without one finite point says so.
std::string line_chart(const Chart& chart);
std::string bar_chart(const Chart& chart);  // y grows from 0, whiskers from low to high
enum class Diagonal { none, x_equals_y };   // equal axes and the line y = x
std::string scatter_chart(const Chart& chart, Diagonal diagonal);

// Evenly spaced round numbers that cover low to high, about `count` of them and at least `least_step` apart; the first
// and the last may lie outside.
std::vector<double> round_ticks(double low, double high, int count, double least_step = 0.0);

}  // namespace reverie
