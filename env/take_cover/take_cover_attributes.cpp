#include "env/take_cover/take_cover_attributes.h"

#include <cmath>

#include "env/take_cover/take_cover.h"
#include "env/take_cover/take_cover_view.h"

namespace reverie {
namespace {

using Truth = std::span<const float>;

constexpr std::size_t kPlayerY = 0, kFirstBall = 2, kBallSize = 5;  // places in TakeCover::truth()

int side_of_room(Truth truth) {  // +y is to the left
  const double share = truth[kPlayerY] / kRoomWidth;
  return share > 2.0 / 3.0 ? 0 : share > 1.0 / 3.0 ? 1 : 2;
}

int number_of_balls(Truth truth) {
  int balls = 0;
  for (int i = 0; i < TakeCover::kNearest; ++i) {
    balls += truth[kFirstBall + kBallSize * static_cast<std::size_t>(i)] > 0.5f ? 1 : 0;
  }
  return balls;
}

// 0: none is close, 1: one is, to the player's left, 2: to the right. The nearest comes first.
int close_ball(Truth truth) {
  constexpr double kClose = 4.0;  // metres
  const Truth ball = truth.subspan(kFirstBall, kBallSize);
  const double x = ball[1] - kPlayerX, y = ball[2] - truth[kPlayerY];
  return ball[0] < 0.5f || std::hypot(x, y) > kClose ? 0 : y > 0.0 ? 1 : 2;
}

}  // namespace

std::vector<GameAttribute> take_cover_attributes() {
  return {{"place",
           {{"on the left", "at the left side of the room", "near the left wall"},
            {"in the middle", "in the middle of the room", "far from both side walls"},
            {"on the right", "at the right side of the room", "near the right wall"}},
           side_of_room},
          {"fireballs",
           {{"no fireball", "no fireballs in the air", "nothing flies"},
            {"one fireball", "a single fireball", "only one fireball in the air"},
            {"two fireballs", "a pair of fireballs", "two fireballs in the air"},
            {"three fireballs", "a few fireballs", "three fireballs in the air"},
            {"many fireballs", "four fireballs or more", "the air is full of fireballs"}},
           number_of_balls},
          {"danger",
           {{"none is close", "no fireball is near", "safe for now"},
            {"one is close on the left", "a fireball comes near from the left", "danger on the left"},
            {"one is close on the right", "a fireball comes near from the right", "danger on the right"}},
           close_ball}};
}

}  // namespace reverie
