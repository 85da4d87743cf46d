#include "env/car_racing/car_racing_attributes.h"

#include <cmath>

#include "env/car_racing/car_racing.h"

namespace reverie {
namespace {

// The number of bounds that x has reached; bounds rise.
int step_of(float x, std::initializer_list<float> bounds) {
  int step = 0;
  for (const float bound : bounds) {
    step += x >= bound ? 1 : 0;
  }
  return step;
}

}  // namespace

std::vector<GameAttribute> car_racing_attributes() {
  using Truth = std::span<const float>;
  std::vector<GameAttribute> attributes(4);
  attributes[0] = {"speed",  // m/s
                   {{"standing", "the car stands", "not moving"},
                    {"slow", "driving slowly", "at low speed"},
                    {"medium speed", "at a medium speed", "neither slow nor fast"},
                    {"fast", "driving fast", "at high speed"}},
                   [](Truth truth) {
                     return step_of(truth[CarRacing::kSpeed], {3.0f, 25.0f, 50.0f});
                   }};
  attributes[1] = {"bend",  // of the road 20 m ahead, to the left where positive; 1/m
                   {{"sharp right bend", "a sharp turn to the right ahead", "the road turns hard right"},
                    {"slight right bend", "a slight turn to the right ahead", "the road bends gently right"},
                    {"straight road", "the road ahead is straight", "no bend ahead"},
                    {"slight left bend", "a slight turn to the left ahead", "the road bends gently left"},
                    {"sharp left bend", "a sharp turn to the left ahead", "the road turns hard left"}},
                   [](Truth truth) {
                     return step_of(truth[CarRacing::kCurvature20], {-0.04f, -0.015f, 0.015f, 0.04f});
                   }};
  attributes[2] = {"place",  // metres from the middle of a road that is 13.3 m wide
                   {{"on the road", "driving on the road", "between the kerbs"},
                    {"at the edge", "at the edge of the road", "over the kerb"},
                    {"on the grass", "off the road", "beside the road, on the grass"}},
                   [](Truth truth) {
                     return step_of(std::abs(truth[CarRacing::kRoadOffset]), {5.0f, 8.5f});
                   }};
  attributes[3] = {"steering",  // angle of the front wheels, to the left where positive; radians
                   {{"steering right", "the wheels point right", "turning right"},
                    {"wheels straight", "steering straight ahead", "not steering"},
                    {"steering left", "the wheels point left", "turning left"}},
                   [](Truth truth) {
                     return step_of(truth[CarRacing::kWheelAngle], {-0.08f, 0.08f});
                   }};
  return attributes;
}

}  // namespace reverie
