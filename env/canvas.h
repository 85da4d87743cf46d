// Polygons to an RGB frame by exact pixel-area coverage, with no display.
//
// Polygons are given front to back. Each pixel counts the share of its area that is still uncovered, and a polygon
// takes as much of that as it covers (what OpenGL calls saturate blending). So what lies behind is hidden, polygons
// that share an edge join without a seam, and pixels that nothing reaches show the background.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reverie {

struct Point {
  float x = 0, y = 0;  // pixels of the frame: x to the right, y down, (0, 0) the top left corner
};

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
};

class Canvas {
 public:
  static constexpr int kMaxVertices = 8;

  // Forgets all polygons. Allocates only if the canvas grows.
  void begin(int height, int width);

  // 3 to kMaxVertices finite vertices, in either direction, inside the frame or not. Convex, or a quad that crosses
  // itself.
  void draw(std::span<const Point> polygon, Color color);

  // frame: [height, width, 3], row 0 on top. darker: levels that every pixel loses, down to 0.
  void finish(Color background, std::span<std::uint8_t> frame, std::uint8_t darker = 0) const;

 private:
  int height_ = 0, width_ = 0, stride_ = 0;
  // One value per pixel, in rows of stride_. Shares of area are in 256ths, so that colour times share fits 16 bits.
  std::vector<std::int16_t> uncovered_;
  std::vector<std::uint16_t> red_, green_, blue_;
  std::vector<float> share_;  // of the polygon at work in each pixel; all 0 between polygons
};

}  // namespace reverie
