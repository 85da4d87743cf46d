#include "env/car_racing/car_racing_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace reverie {
namespace {

// The reference paints on a canvas of this size, in pixels, and shrinks it.
constexpr double kCanvasWidth = 1000.0;
constexpr double kCanvasHeight = 800.0;
constexpr double kBarHeight = 100.0;                // of the instruments, at the bottom
constexpr double kFarZoom = 0.6, kNearZoom = 16.2;  // pixels per metre
constexpr double kCarX = 500.0, kCarY = 200.0;      // of the car on the canvas, from the bottom left

constexpr int kGrassDivisions = 20;
constexpr double kGrassSide = kPlayfield / kGrassDivisions;

constexpr Color kBlack{0, 0, 0};
constexpr Color kWhite{255, 255, 255};
constexpr Color kKerbRed{255, 0, 0};
constexpr Color kStripeGray{77, 77, 77};

Color to_color(const std::array<double, 3>& levels, double lighter = 0.0) {
  const auto level = [lighter](double value) {
    return static_cast<std::uint8_t>(std::clamp(value + lighter, 0.0, 255.0));
  };
  return {level(levels[0]), level(levels[1]), level(levels[2])};
}

Quad box(double left, double bottom, double right, double top) {
  return {{{left, bottom}, {right, bottom}, {right, top}, {left, top}}};
}

}  // namespace

// From metres to pixels of the frame.
class CarRacingView::Camera {
 public:
  // floor: what lies below that height of the canvas is not seen. whole_pixels: on the canvas, as the reference has it,
  // every point is rounded towards zero.
  Camera(const Pose& car, double time, double zoom, double frame_width, double frame_height, double canvas_height,
         double floor, bool whole_pixels)
      : zoom_(zoom * (kFarZoom * std::max(1.0 - time, 0.0) + kNearZoom * std::min(time, 1.0))),
        cosine_(zoom_ * static_cast<double>(car.cosine)),
        sine_(-zoom_ * static_cast<double>(car.sine)),
        shift_x_(kCarX - (cosine_ * static_cast<double>(car.x) - sine_ * static_cast<double>(car.y))),
        shift_y_(kCarY - (sine_ * static_cast<double>(car.x) + cosine_ * static_cast<double>(car.y))),
        scale_x_(frame_width / kCanvasWidth),
        scale_y_(frame_height / canvas_height),
        floor_(floor),
        whole_pixels_(whole_pixels) {}

  // A polygon of up to Canvas::kMaxVertices points.
  std::span<const Point> operator()(std::span<const WorldPoint> polygon) {
    const std::size_t size = polygon.size();
    WorldPoint centre;
    std::array<WorldPoint, Canvas::kMaxVertices> on_canvas;
    for (std::size_t i = 0; i < size; ++i) {
      WorldPoint& p = on_canvas[i];
      p = to_canvas(polygon[i]);
      if (whole_pixels_) {
        p = {std::trunc(p.x), std::trunc(p.y)};
        centre = {centre.x + p.x / static_cast<double>(size), centre.y + p.y / static_cast<double>(size)};
      }
    }
    for (std::size_t i = 0; i < size; ++i) {
      WorldPoint& p = on_canvas[i];
      if (whole_pixels_) {
        // A pixel has its centre at a whole number, and the reference also paints what a polygon's outline runs
        // through. Half a pixel to its centre and 0.3 outwards come closest to that.
        p.x += p.x < centre.x ? 0.2 : 0.8;
        p.y += p.y < centre.y ? 0.2 : 0.8;
      }
      in_frame_[i] = {static_cast<float>(p.x * scale_x_), static_cast<float>((kCanvasHeight - p.y) * scale_y_)};
    }
    return std::span(in_frame_).first(size);
  }

  // No point farther from the car is in sight, metres.
  double reach() const { return (std::hypot(kCarX, kCanvasHeight - kCarY) + 2.0) / zoom_; }

  bool sees(const WorldPoint& centre, double radius) const {
    const WorldPoint p = to_canvas(centre);
    const double reach = radius * zoom_ + 2.0;
    return p.x > -reach && p.x < kCanvasWidth + reach && p.y > floor_ - reach && p.y < kCanvasHeight + reach;
  }

 private:
  WorldPoint to_canvas(const WorldPoint& p) const {
    return {cosine_ * p.x - sine_ * p.y + shift_x_, sine_ * p.x + cosine_ * p.y + shift_y_};
  }

  double zoom_, cosine_, sine_, shift_x_, shift_y_, scale_x_, scale_y_, floor_;
  bool whole_pixels_;
  std::array<Point, Canvas::kMaxVertices> in_frame_;  // the last polygon
};

// One canvas for each thread: many games are drawn in turn, and the canvas stays in the cache.
Canvas& CarRacingView::canvas() {
  thread_local Canvas canvas;
  return canvas;
}

CarRacingView::Patch CarRacingView::make_patch(const Quad& quad, Color color) {
  Patch patch{quad, {}, 0.0, color};
  for (const WorldPoint& p : quad) {
    patch.centre.x += 0.25 * p.x;
    patch.centre.y += 0.25 * p.y;
  }
  for (const WorldPoint& p : quad) {
    patch.radius = std::max(patch.radius, std::hypot(p.x - patch.centre.x, p.y - patch.centre.y));
  }
  return patch;
}

void CarRacingView::set_track(const Track& track, const std::vector<std::uint8_t>& kerbs, const RaceLook& look) {
  road_.clear();
  tile_at_.clear();
  for (int i = 0; i < static_cast<int>(track.size()); ++i) {
    tile_at_.push_back(static_cast<int>(road_.size()));
    road_.push_back(make_patch(tile_quad(track, i, look.road_half_width), to_color(look.road, 0.01 * (i % 3) * 255.0)));
    if (kerbs[static_cast<std::size_t>(i)]) {
      road_.push_back(make_patch(kerb_quad(track, i, look.road_half_width), i % 2 == 0 ? kWhite : kKerbRed));
    }
  }
  road_color_ = to_color(look.road);
  field_color_ = to_color(look.field);
  car_color_ = to_color(look.car);
  zoom_ = look.zoom;
  grass_.clear();
  for (int x = -kGrassDivisions; x < kGrassDivisions; x += 2) {
    for (int y = -kGrassDivisions; y < kGrassDivisions; y += 2) {
      grass_.push_back(make_patch(box(kGrassSide * x, kGrassSide * y, kGrassSide * (x + 1), kGrassSide * (y + 1)),
                                  to_color(look.grass)));
    }
  }
}

void CarRacingView::flatten_shade(int tile) {
  road_[static_cast<std::size_t>(tile_at_[static_cast<std::size_t>(tile)])].color = road_color_;
}

void CarRacingView::draw(const Car& car, const RaceMoment& moment, int height, int width,
                         std::span<std::uint8_t> frame) {
  canvas().begin(height, width);
  Camera camera(car.hull_pose(), moment.time, zoom_, width, height, kCanvasHeight - kBarHeight, kBarHeight, false);
  draw_world(car, camera);
  canvas().finish(field_color_, frame);
}

void CarRacingView::draw_native(const Car& car, const RaceMoment& moment, bool instruments,
                                std::span<std::uint8_t> frame) {
  canvas().begin(kNativeSize, kNativeSize);
  if (instruments) {
    draw_instruments(car, moment.total_reward);
  }
  Camera camera(car.hull_pose(), moment.time, zoom_, kNativeSize, kNativeSize, kCanvasHeight,
                instruments ? kBarHeight : 0.0, true);
  draw_world(car, camera);
  // The reference shrinks in fixed point, columns and then rows, and each pass loses a level.
  canvas().finish(field_color_, frame, 2);
}

void CarRacingView::draw_world(const Car& car, Camera& camera) {
  draw_car(car, camera);
  std::for_each(road_.rbegin(), road_.rend(), [&](const Patch& patch) { draw_patch(patch, camera); });
  const double x = static_cast<double>(car.hull_pose().x), y = static_cast<double>(car.hull_pose().y);
  if (std::max(std::abs(x), std::abs(y)) + camera.reach() > kPlayfield) {
    draw_beyond_field(camera);
  }
  // The rows and columns of grass_ that may be in sight; the first one begins at -kPlayfield.
  const auto row_at = [](double metres) {
    const double row = std::floor((metres + kPlayfield) / (2.0 * kGrassSide));
    return static_cast<int>(std::clamp(row, 0.0, static_cast<double>(kGrassDivisions - 1)));
  };
  for (int i = row_at(x - camera.reach()); i <= row_at(x + camera.reach()); ++i) {
    for (int j = row_at(y - camera.reach()); j <= row_at(y + camera.reach()); ++j) {
      draw_patch(grass_[static_cast<std::size_t>(i * kGrassDivisions + j)], camera);
    }
  }
}

// Black around the field, rather than the field on black: so grass at its border shares an edge with what lies beyond.
void CarRacingView::draw_beyond_field(Camera& camera) {
  constexpr float kFar = 20.0f;  // half fields; the camera sees less than 9, at half its zoom less than 18
  std::array<Point, 4> near, far;
  const std::span<const Point> field = camera(box(-kPlayfield, -kPlayfield, kPlayfield, kPlayfield));
  std::copy(field.begin(), field.end(), near.begin());
  const Point centre{0.5f * (near[0].x + near[2].x), 0.5f * (near[0].y + near[2].y)};
  for (std::size_t i = 0; i < 4; ++i) {
    far[i] = {centre.x + kFar * (near[i].x - centre.x), centre.y + kFar * (near[i].y - centre.y)};
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t next = (i + 1) % 4;
    canvas().draw(std::array{near[i], near[next], far[next], far[i]}, kBlack);
  }
}

void CarRacingView::draw_patch(const Patch& patch, Camera& camera) {
  if (camera.sees(patch.centre, patch.radius)) {
    canvas().draw(camera(patch.quad), patch.color);
  }
}

// Front to back, so the hull comes before the wheels and a wheel's stripe before its tyre.
void CarRacingView::draw_car(const Car& car, Camera& camera) {
  std::array<WorldPoint, Canvas::kMaxVertices> polygon;
  const auto draw_part = [&](const Pose& pose, std::span<const Car::LocalPoint> part, Color color) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      polygon[i] = {pose.x + pose.cosine * part[i].x - pose.sine * part[i].y,
                    pose.y + pose.sine * part[i].x + pose.cosine * part[i].y};
    }
    canvas().draw(camera(std::span(polygon).first(part.size())), color);
  };
  const auto parts = Car::hull_parts();
  std::for_each(parts.rbegin(), parts.rend(), [&](const auto& part) { draw_part(car.hull_pose(), part, car_color_); });
  for (int i = Car::kWheels - 1; i >= 0; --i) {
    const Pose pose = car.wheel_pose(i);
    const auto draw_bar = [&](double front, double back, Color color) {  // across the tyre, in wheel radii
      const float side = static_cast<float>(Car::kWheelHalfWidth);
      const float y1 = static_cast<float>(Car::kWheelRadius * front);
      const float y2 = static_cast<float>(Car::kWheelRadius * back);
      const Car::LocalPoint bar[] = {{-side, y1}, {side, y1}, {side, y2}, {-side, y2}};
      draw_part(pose, bar, color);
    };
    // The stripe is painted on the tread, 1.2 rad long, and turns with the wheel; seen where it is on the upper side.
    const double phase = car.wheel(i).phase;
    const double sine1 = std::sin(phase), sine2 = std::sin(phase + 1.2);
    double cosine1 = std::cos(phase), cosine2 = std::cos(phase + 1.2);
    if (!(sine1 > 0.0 && sine2 > 0.0)) {
      cosine1 = sine1 > 0.0 ? std::copysign(1.0, cosine1) : cosine1;
      cosine2 = sine2 > 0.0 ? std::copysign(1.0, cosine2) : cosine2;
      draw_bar(cosine1, cosine2, kStripeGray);
    }
    draw_bar(1.0, -1.0, kBlack);
  }
}

// The bar at the bottom: reward as a number, speed, four wheel speeds, steering angle and rotation of the hull.
void CarRacingView::draw_instruments(const Car& car, double total_reward) {
  constexpr double kPlace = kCanvasWidth / 40.0;
  constexpr double kUnit = kCanvasHeight / 40.0;
  const auto draw_box = [](double left, double right, double top, double bottom, Color color) {
    constexpr double kScaleX = kNativeSize / kCanvasWidth, kScaleY = kNativeSize / kCanvasHeight;
    const auto point = [](double x, double y) {
      return Point{static_cast<float>(x * kScaleX), static_cast<float>(y * kScaleY)};
    };
    const std::array<Point, 4> box{point(left, top), point(right, top), point(right, bottom), point(left, bottom)};
    canvas().draw(box, color);
  };
  const auto draw_upright = [&](int place, double value, Color color) {
    if (std::abs(value) > 1e-4) {
      const double base = kCanvasHeight - kUnit;
      draw_box(place * kPlace, (place + 1) * kPlace, base - kUnit * value, base, color);
    }
  };
  const auto draw_sideways = [&](int place, double value, Color color) {
    if (std::abs(value) > 1e-4) {
      draw_box(place * kPlace, (place + value) * kPlace, kCanvasHeight - 4 * kUnit, kCanvasHeight - 2 * kUnit, color);
    }
  };
  const CarState state = car.state();
  draw_upright(5, 0.02 * std::hypot(state.velocity_x, state.velocity_y), kWhite);
  for (int i = 0; i < Car::kWheels; ++i) {
    draw_upright(7 + i, 0.01 * state.wheels[static_cast<std::size_t>(i)].omega,
                 i < 2 ? Color{0, 0, 255} : Color{51, 0, 255});
  }
  draw_sideways(20, -10.0 * state.wheels[0].joint_angle, {0, 255, 0});
  draw_sideways(30, -0.8 * state.angular_velocity, {255, 0, 0});

  // Digits of seven strokes: top, upper left, upper right, middle, lower left, lower right, bottom.
  constexpr std::array<std::uint8_t, 10> kStrokes = {0b1110111, 0b0010010, 0b1011101, 0b1011011, 0b0111010,
                                                     0b1101011, 0b1101111, 0b1010010, 0b1111111, 0b1111011};
  constexpr std::uint8_t kMinus = 0b0001000;
  constexpr double kAdvance = 24.0, kGlyphWidth = 19.0, kGlyphHeight = 30.0, kStroke = 6.0;
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%04.0f", total_reward);
  for (int i = 0; i < length; ++i) {
    const double left = 60.0 - 0.5 * kAdvance * length + kAdvance * i + 0.5 * (kAdvance - kGlyphWidth);
    const double right = left + kGlyphWidth;
    const double top = 750.0 - 0.5 * kGlyphHeight;
    const double bottom = top + kGlyphHeight;
    const std::uint8_t strokes = text[i] == '-' ? kMinus : kStrokes[static_cast<std::size_t>(text[i] - '0')];
    const auto draw_stroke = [&](int bit, double x0, double x1, double y0, double y1) {
      if ((strokes >> bit) & 1) {
        draw_box(x0, x1, y0, y1, kWhite);
      }
    };
    draw_stroke(6, left, right, top, top + kStroke);
    draw_stroke(5, left, left + kStroke, top, 750.0);
    draw_stroke(4, right - kStroke, right, top, 750.0);
    draw_stroke(3, left, right, 750.0 - 0.5 * kStroke, 750.0 + 0.5 * kStroke);
    draw_stroke(2, left, left + kStroke, 750.0, bottom);
    draw_stroke(1, right - kStroke, right, 750.0, bottom);
    draw_stroke(0, left, right, bottom - kStroke, bottom);
  }
  draw_box(0.0, kCanvasWidth, kCanvasHeight - kBarHeight, kCanvasHeight, kBlack);
}

}  // namespace reverie
