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
};

struct Plot {
  std::string title;
  std::string now;                 // the newest value, in words
  std::vector<Curve> curves;       // of one length
  int num_steps = 200;             // along the axis, at least the length of the curves
  std::optional<float> low, high;  // of the axis; else from the values
  bool from_zero = false;          // the axis holds zero
};

void draw_plot(ImDrawList& list, const Box& box, const Plot& plot);

std::string short_number(double value);          // "123", "12.3", "-0.04", "0.0012"
std::string probability_in_words(double value);  // "0.013"

}  // namespace reverie
