#include "experiments/viewer/scale.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

float in_steps(float scale) {
  return std::floor(scale / kScaleStep + 1e-3f) * kScaleStep;
}

}  // namespace

float scale_of_display(int height, float dots_per_inch) {
  // Many displays report a wrong size, projectors and virtual ones above all. So the dots per inch alone may not
  // enlarge the text so much that the window has room for fewer than 720 lines.
  const float lines = static_cast<float>(height);
  const float by_dots = std::min(dots_per_inch / 120, lines / 720);
  return std::clamp(in_steps(std::max(lines / 1080, by_dots)), 1.0f, kLargestScale);
}

float scale_within(float wanted, int width, int height) {
  const float room = std::max(1.0f, std::min(static_cast<float>(width) / 640, static_cast<float>(height) / 480));
  return std::clamp(in_steps(std::min(wanted, room)), kSmallestScale, kLargestScale);
}

}  // namespace reverie
