// Curves.
#pragma once

#include <imgui.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiments/viewer/layout.h"

namespace reverie {

struct Curve {
  std::span<const float> values;  // one a step; what is not finite leaves a gap
  ImU32 colour = 0;
  std::string name;  // for the legend; empty: none
  int first = 1;     // the step of the first value
};

// A curve as columns of pixels, each with the curve's lowest and highest place in it. If there are more steps than
// columns, these are the minimum and maximum over the column's steps. low > high: the column is empty.
struct CurveColumns {
  std::vector<float> low, high;  // pixels from above, as y
};
// low, high: the values at the bottom and the top of `height` pixels. The axis holds steps 0 to num_steps.
CurveColumns columns_of(const Curve& curve, int width, int height, int num_steps, float low, float high);

struct Plot {
  std::string title;
  std::string now;  // the newest value, in words
  std::vector<Curve> curves;
  int num_steps = 200;             // along the axis, which begins at step 0; at least the last step of a curve
  std::optional<int> mark;         // a step with a line across the plot
  std::optional<float> low, high;  // of the axis; else from the values
  bool from_zero = false;          // the axis holds zero
};

void draw_plot(ImDrawList& list, const Box& box, const Plot& plot);

std::string short_number(double value);          // "123", "12.3", "-0.04", "0.0012"
std::string probability_in_words(double value);  // "0.013"

}  // namespace reverie
