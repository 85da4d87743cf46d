#include "env/car_racing/car_racing_driver.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "env/car_racing/car_racing.h"
#include "env/error.h"

namespace reverie {

void follow_the_road(const Game& game, std::span<float> action) {
  REVERIE_CHECK(action.size(), ==, 3u);
  std::array<float, CarRacing::kTruths> truth;
  game.truth(truth);
  const float speed = truth[CarRacing::kSpeed];
  const float wanted = 12.0f / (1.0f + 40.0f * std::abs(truth[CarRacing::kCurvature20]));
  // All turns are counter-clockwise where positive, and so to the left; the action's are to the right.
  const float turn = 3.0f * truth[CarRacing::kCurvature10] - 0.8f * truth[CarRacing::kRoadAngle] -
                     0.06f * truth[CarRacing::kRoadOffset] - 0.1f * truth[CarRacing::kHeadingRate];
  action[0] = std::clamp(-turn, -1.0f, 1.0f);
  action[1] = speed < wanted ? 0.3f : 0.0f;
  action[2] = speed > wanted + 3.0f ? 0.3f : 0.0f;
}

}  // namespace reverie
