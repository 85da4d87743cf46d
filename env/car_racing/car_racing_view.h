// The picture of a car race: what Gymnasium's CarRacing-v3 shows, drawn directly at the requested size.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "env/canvas.h"
#include "env/car_racing/car.h"
#include "env/car_racing/track.h"

namespace reverie {

// What differs from episode to episode where colours or factors of variation do. Levels 0 to 255, as reals because
// randomised colours are.
struct RaceLook {
  std::array<double, 3> road{102, 102, 102}, field{102, 204, 102}, grass{102, 230, 102}, car{204, 0, 0};
  double road_half_width = kTrackHalfWidth;  // metres
  double zoom = 1;                           // of the camera
};

// What the picture shows of the car and its episode, besides the road.
struct RaceMoment {
  double time = 0;          // seconds since the start; the camera comes down during the first one
  double total_reward = 0;  // the number at the bottom left
};

class CarRacingView {
 public:
  void set_track(const Track& track, const std::vector<std::uint8_t>& kerbs, const RaceLook& look);
  // Tiles are shaded a little until something first touches them.
  void flatten_shade(int tile);

  // World Models' crop: the camera's picture without the bar of instruments. frame: [height, width, 3].
  void draw(const Car& car, const RaceMoment& moment, int height, int width, std::span<std::uint8_t> frame);

  // Gymnasium's observation, 96 x 96. instruments: the bar at its bottom, with numbers; else road is there too.
  static constexpr int kNativeSize = 96;
  void draw_native(const Car& car, const RaceMoment& moment, bool instruments, std::span<std::uint8_t> frame);

 private:
  class Camera;
  // One thing painted on the ground, with a circle around it so that what is out of sight costs little.
  struct Patch {
    Quad quad;
    WorldPoint centre;
    double radius = 0;
    Color color;
  };
  static Canvas& canvas();
  static Patch make_patch(const Quad& quad, Color color);
  void draw_world(const Car& car, Camera& camera);
  void draw_beyond_field(Camera& camera);
  void draw_car(const Car& car, Camera& camera);
  void draw_patch(const Patch& patch, Camera& camera);
  void draw_instruments(const Car& car, double total_reward);

  std::vector<Patch> road_;   // in painting order: each tile, then its kerb
  std::vector<int> tile_at_;  // place in road_ of each tile
  std::vector<Patch> grass_;
  Color road_color_, field_color_, car_color_;
  double zoom_ = 1;
};

}  // namespace reverie
