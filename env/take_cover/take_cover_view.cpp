#include "env/take_cover/take_cover_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "env/canvas.h"
#include "env/error.h"

namespace reverie {
namespace {

constexpr double kEyeHeight = 1.28;
constexpr double kFocalHeight = 56.0 / 64.0;  // of the picture's height
constexpr double kTile = 2.0;                 // side of the pattern on walls and floor, metres
constexpr double kNearest = 0.25;             // what is nearer is not drawn, metres

using Rgb = std::array<float, 3>;
constexpr Rgb kBackWall[2] = {{110, 70, 50}, {96, 60, 44}};
constexpr Rgb kSideWall[2] = {{90, 58, 42}, {78, 50, 36}};
constexpr Rgb kFloor[2] = {{70, 66, 60}, {60, 56, 52}};
constexpr Rgb kCeiling = {48, 46, 50};
constexpr Rgb kBody = {160, 100, 60}, kHead = {190, 130, 90}, kGlow = {255, 190, 90};
constexpr Rgb kFlame = {255, 110, 20}, kFlameCore = {255, 235, 140};
constexpr double kCoreShare = 0.3;  // of the squared radius

float shade(double distance) {
  return static_cast<float>(std::max(0.35, 1.0 - distance / 40.0));
}

Rgb shaded(const Rgb& color, double distance) {
  const float s = shade(distance);
  return {color[0] * s, color[1] * s, color[2] * s};
}

int odd_tile(double coordinate) {
  return static_cast<int>(std::floor(coordinate / kTile)) & 1;
}

// How much of pixel [i, i + 1] lies within [low, high].
double overlap(int i, double low, double high) {
  return std::clamp(std::min(high, i + 1.0) - std::max(low, static_cast<double>(i)), 0.0, 1.0);
}

}  // namespace

TakeCoverView::TakeCoverView(double view_angle)
    : tan_half_angle_(std::tan(0.5 * view_angle * std::numbers::pi / 180.0)) {}

double TakeCoverView::column_of(double y, double player_y, double distance) const {
  return 0.5 * width_ - focal_x_ * (y - player_y) / distance;
}

double TakeCoverView::row_of(double z, double distance) const {
  return 0.5 * height_ + focal_y_ * (kEyeHeight - z) / distance;
}

void TakeCoverView::draw(const TakeCoverScene& scene, int height, int width, std::span<std::uint8_t> frame) {
  REVERIE_CHECK(height, >=, 1);
  REVERIE_CHECK(width, >=, 1);
  REVERIE_CHECK(frame.size(), ==, static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  height_ = height;
  width_ = width;
  focal_x_ = 0.5 * width / tan_half_angle_;
  focal_y_ = kFocalHeight * height;
  levels_.resize(frame.size());
  draw_room(scene.player_y);

  // Far things first; shooters, who stand in one row, before fireballs as far away.
  std::vector<const TakeCoverScene::Fireball*> order;
  for (const TakeCoverScene::Fireball& fireball : scene.fireballs) {
    order.push_back(&fireball);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->x > b->x; });
  const auto beyond_shooters =
      std::find_if(order.begin(), order.end(), [](const auto* f) { return f->x <= kShooterX; });
  std::for_each(order.begin(), beyond_shooters, [&](const auto* f) { draw_fireball(scene, *f); });
  for (const TakeCoverScene::Shooter& shooter : scene.shooters) {
    draw_shooter(scene, shooter);
  }
  std::for_each(beyond_shooters, order.end(), [&](const auto* f) { draw_fireball(scene, *f); });

  for (std::size_t i = 0; i < frame.size(); ++i) {
    frame[i] = static_cast<std::uint8_t>(levels_[i] + 0.5f);
  }
}

// One ray a pixel centre; walls, floor and ceiling are met at a distance along x that depends on the row or on the
// column alone.
void TakeCoverView::draw_room(double player_y) {
  constexpr double kBackDistance = kRoomDepth - kPlayerX;
  for (int row = 0; row < height_; ++row) {
    const double rise = -(row + 0.5 - 0.5 * height_) / focal_y_;  // of the ray, per metre along x
    const double to_level = rise > 0.0   ? (kRoomHeight - kEyeHeight) / rise
                            : rise < 0.0 ? -kEyeHeight / rise
                                         : 2.0 * kBackDistance;
    float* level = levels_.data() + static_cast<std::ptrdiff_t>(row) * width_ * 3;
    for (int column = 0; column < width_; ++column, level += 3) {
      const double side = -(column + 0.5 - 0.5 * width_) / focal_x_;
      const double to_side = side > 0.0   ? (kRoomWidth - player_y) / side
                             : side < 0.0 ? -player_y / side
                                          : 2.0 * kBackDistance;
      const double distance = std::min({kBackDistance, to_side, to_level});
      const double x = kPlayerX + distance, y = player_y + side * distance;
      const Rgb& color = distance == kBackDistance ? kBackWall[odd_tile(y)]
                         : distance == to_side     ? kSideWall[odd_tile(x)]
                         : rise < 0.0              ? kFloor[odd_tile(x) ^ odd_tile(y)]
                                                   : kCeiling;
      const float s = shade(distance);
      for (std::size_t c = 0; c < 3; ++c) {
        level[c] = color[c] * s;
      }
    }
  }
}

void TakeCoverView::blend_box(double left, double right, double top, double bottom, const Rgb& color) {
  const int first_row = std::max(0, static_cast<int>(std::floor(top)));
  const int end_row = std::min(height_, static_cast<int>(std::ceil(bottom)));
  const int first_column = std::max(0, static_cast<int>(std::floor(left)));
  const int end_column = std::min(width_, static_cast<int>(std::ceil(right)));
  for (int row = first_row; row < end_row; ++row) {
    for (int column = first_column; column < end_column; ++column) {
      const float share = static_cast<float>(overlap(row, top, bottom) * overlap(column, left, right));
      float* level = levels_.data() + (static_cast<std::ptrdiff_t>(row) * width_ + column) * 3;
      for (std::size_t c = 0; c < 3; ++c) {
        level[c] += share * (color[c] - level[c]);
      }
    }
  }
}

void TakeCoverView::draw_shooter(const TakeCoverScene& scene, const TakeCoverScene::Shooter& shooter) {
  constexpr double kDistance = kShooterX - kPlayerX;
  const auto part = [&](double half_width, double bottom, double top, const Rgb& color) {
    blend_box(column_of(shooter.y + half_width, scene.player_y, kDistance),
              column_of(shooter.y - half_width, scene.player_y, kDistance), row_of(top, kDistance),
              row_of(bottom, kDistance), color);
  };
  part(kShooterRadius, 0.0, 1.35, shaded(kBody, kDistance));
  part(0.25, 1.35, 1.75, shaded(kHead, kDistance));
  if (shooter.winding_up) {
    part(0.4, 1.55, 2.05, kGlow);
  }
}

// An ellipse of flame with a bright core, 4 x 4 samples a pixel; drawn larger than its hit radius, so that a model does
// not overlook it.
void TakeCoverView::draw_fireball(const TakeCoverScene& scene, const TakeCoverScene::Fireball& fireball) {
  constexpr double kRadius = 0.45, kAltitude = 1.0;
  constexpr int kSamples = 4;
  const double distance = fireball.x - kPlayerX;
  if (distance < kNearest) {
    return;
  }
  const double centre_x = column_of(fireball.y, scene.player_y, distance), centre_y = row_of(kAltitude, distance);
  const double half_x = kRadius * focal_x_ / distance, half_y = kRadius * focal_y_ / distance;
  const int first_row = std::max(0, static_cast<int>(std::floor(centre_y - half_y)));
  const int end_row = std::min(height_, static_cast<int>(std::ceil(centre_y + half_y)));
  const int first_column = std::max(0, static_cast<int>(std::floor(std::max(centre_x - half_x, 0.0))));
  const int end_column = static_cast<int>(std::ceil(std::min(centre_x + half_x, static_cast<double>(width_))));
  for (int row = first_row; row < end_row; ++row) {
    for (int column = first_column; column < end_column; ++column) {
      int flame = 0, core = 0;
      for (int i = 0; i < kSamples * kSamples; ++i) {
        const int sample_column = i % kSamples, sample_row = i / kSamples;
        const double dx = (column + (sample_column + 0.5) / kSamples - centre_x) / half_x;
        const double dy = (row + (sample_row + 0.5) / kSamples - centre_y) / half_y;
        const double square = dx * dx + dy * dy;
        core += square <= kCoreShare;
        flame += square > kCoreShare && square <= 1.0;
      }
      constexpr float kShare = 1.0f / (kSamples * kSamples);
      float* level = levels_.data() + (static_cast<std::ptrdiff_t>(row) * width_ + column) * 3;
      for (std::size_t c = 0; c < 3; ++c) {
        level[c] += kShare * (static_cast<float>(flame) * (kFlame[c] - level[c]) +
                              static_cast<float>(core) * (kFlameCore[c] - level[c]));
      }
    }
  }
}

void draw_take_cover_above(const TakeCoverScene& scene, int height, int width, std::span<std::uint8_t> frame) {
  const double scale = std::min(width / (kRoomWidth + 1.0), height / (kRoomDepth + 1.0));
  const auto point = [&](double x, double y) {
    return Point{static_cast<float>(0.5 * width - scale * (y - 0.5 * kRoomWidth)),
                 static_cast<float>(0.5 * height - scale * (x - 0.5 * kRoomDepth))};
  };
  Canvas canvas;
  canvas.begin(height, width);
  const auto disc = [&](double x, double y, double radius, Color color) {
    std::array<Point, Canvas::kMaxVertices> corners;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const double angle =
          2.0 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(corners.size());
      corners[i] = point(x + radius * std::cos(angle), y + radius * std::sin(angle));
    }
    canvas.draw(corners, color);
  };
  const auto box = [&](double x0, double y0, double x1, double y1, Color color) {
    canvas.draw(std::array{point(x0, y0), point(x0, y1), point(x1, y1), point(x1, y0)}, color);
  };
  for (const TakeCoverScene::Fireball& fireball : scene.fireballs) {
    disc(fireball.x, fireball.y, 0.25, {255, 110, 20});
  }
  disc(kPlayerX, scene.player_y, kPlayerRadius, {90, 170, 255});
  for (const TakeCoverScene::Shooter& shooter : scene.shooters) {
    disc(kShooterX, shooter.y, kShooterRadius, shooter.winding_up ? Color{255, 190, 90} : Color{160, 100, 60});
  }
  box(0.0, 0.0, kRoomDepth, kRoomWidth, {60, 56, 52});
  canvas.finish({30, 28, 26}, frame);
}

}  // namespace reverie
