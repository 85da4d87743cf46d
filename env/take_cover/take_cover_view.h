// What the player of take cover sees, and the same room from above. Drawn at any size by exact coverage, no display.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace reverie {

// The room, metres: depth x from 0 to 18, side y from 0 to 24, height z from 0 to 3.25.
constexpr double kRoomDepth = 18.0, kRoomWidth = 24.0, kRoomHeight = 3.25;
constexpr double kPlayerX = 1.0, kShooterX = 16.0, kPlayerRadius = 0.5, kShooterRadius = 0.625;

struct TakeCoverScene {
  struct Shooter {
    double y = 0;
    bool winding_up = false;  // shown by a glow, 16 tics before it fires
  };
  struct Fireball {
    double x = 0, y = 0;
  };
  double player_y = 0;
  std::vector<Shooter> shooters;
  std::vector<Fireball> fireballs;
};

class TakeCoverView {
 public:
  // view_angle: degrees, of the picture's width.
  explicit TakeCoverView(double view_angle);

  // First person, along +x, eye at 1.28 m. Pixels are taller than wide (Doom's, after World Models' crop): at 64 x 64 a
  // metre at one metre's distance is 32 pixels wide (90 degrees) and 56 high. frame: [height, width, 3], row 0 on top.
  void draw(const TakeCoverScene& scene, int height, int width, std::span<std::uint8_t> frame);

 private:
  void draw_room(double player_y);
  void draw_shooter(const TakeCoverScene& scene, const TakeCoverScene::Shooter& shooter);
  void draw_fireball(const TakeCoverScene& scene, const TakeCoverScene::Fireball& fireball);
  void blend_box(double left, double right, double top, double bottom, const std::array<float, 3>& color);
  double column_of(double y, double player_y, double distance) const;
  double row_of(double z, double distance) const;

  double tan_half_angle_;
  // Of the picture at work.
  int height_ = 0, width_ = 0;
  double focal_x_ = 0, focal_y_ = 0;  // pixels of a metre at one metre's distance
  std::vector<float> levels_;         // [height, width, 3], 0 to 255
};

// Shooters on top, the player at the bottom, left of the player on the left.
void draw_take_cover_above(const TakeCoverScene& scene, int height, int width, std::span<std::uint8_t> frame);

}  // namespace reverie
