#include "env/canvas.h"

#include <array>
#include <cmath>
#include <numeric>

#include "env/random.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

constexpr Color kBlack{0, 0, 0};
constexpr Color kWhite{255, 255, 255};

std::vector<std::uint8_t> finish(const Canvas& canvas, int height, int width, Color background = kBlack) {
  std::vector<std::uint8_t> frame(static_cast<std::size_t>(height * width * 3));
  canvas.finish(background, frame);
  return frame;
}

int red_at(const std::vector<std::uint8_t>& frame, int width, int row, int column) {
  return frame[static_cast<std::size_t>((row * width + column) * 3)];
}

std::vector<std::uint8_t> paint(int height, int width, std::vector<Point> polygon) {
  Canvas canvas;
  canvas.begin(height, width);
  canvas.draw(polygon, kWhite);
  return finish(canvas, height, width);
}

// In pixels, from the red channel of a white polygon on black.
double painted_area(const std::vector<std::uint8_t>& frame) {
  double area = 0.0;
  for (std::size_t i = 0; i < frame.size(); i += 3) {
    area += frame[i] / 255.0;
  }
  return area;
}

}  // namespace

TEST_CASE("a pixel gets as much of a colour as is covered of its area", "[env]") {
  const auto frame = paint(3, 5, {{1.0f, 1.0f}, {3.5f, 1.0f}, {3.5f, 2.25f}, {1.0f, 2.25f}});
  const int expected[3][5] = {{0, 0, 0, 0, 0}, {0, 255, 255, 128, 0}, {0, 64, 64, 32, 0}};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 5; ++column) {
      CHECK(red_at(frame, 5, row, column) == expected[row][column]);
    }
  }
}

TEST_CASE("a slanted edge covers the exact area on each side", "[env]") {
  // Above the line from (0, 0) to (4, 1): the parts of the four pixels are 1/8, 3/8, 5/8 and 7/8.
  const auto frame = paint(1, 4, {{0.0f, 0.0f}, {4.0f, 0.0f}, {4.0f, 1.0f}});
  const int expected[] = {32, 96, 159, 223};
  for (int column = 0; column < 4; ++column) {
    CHECK(red_at(frame, 4, 0, column) == expected[column]);
  }
}

TEST_CASE("either direction and any first vertex paint the same", "[env]") {
  const std::vector<Point> polygon = {{2.3f, 1.1f}, {13.7f, 4.2f}, {9.9f, 12.6f}, {1.2f, 9.0f}};
  const auto expected = paint(16, 16, polygon);
  CHECK(paint(16, 16, {polygon.rbegin(), polygon.rend()}) == expected);
  CHECK(paint(16, 16, {polygon[2], polygon[3], polygon[0], polygon[1]}) == expected);
}

TEST_CASE("the painted area is the polygon's area", "[env]") {
  Rng rng(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<Point> triangle(3);
    for (Point& p : triangle) {
      p = {2.0f + 26.0f * rng.uniform(), 2.0f + 26.0f * rng.uniform()};
    }
    const double area = 0.5 * std::abs((triangle[1].x - triangle[0].x) * (triangle[2].y - triangle[0].y) -
                                       (triangle[2].x - triangle[0].x) * (triangle[1].y - triangle[0].y));
    CHECK(painted_area(paint(30, 30, triangle)) == Approx(area).margin(0.25));  // pixels are rounded to a 256th
  }
}

TEST_CASE("what lies outside the frame changes nothing inside", "[env]") {
  // The middle of a large frame against a small frame of the middle alone.
  Rng rng(2);
  for (int i = 0; i < 100; ++i) {
    std::vector<Point> quad(4), moved(4);
    for (std::size_t k = 0; k < 4; ++k) {
      quad[k] = {60.0f * rng.uniform(), 60.0f * rng.uniform()};
      moved[k] = {quad[k].x - 20.0f, quad[k].y - 20.0f};
    }
    const auto large = paint(60, 60, quad);
    const auto small = paint(19, 21, moved);
    int worst = 0;
    for (int row = 0; row < 19; ++row) {
      for (int column = 0; column < 21; ++column) {
        worst = std::max(worst, std::abs(red_at(large, 60, row + 20, column + 20) - red_at(small, 21, row, column)));
      }
    }
    CHECK(worst <= 1);
  }
}

TEST_CASE("polygons that share an edge join without a seam", "[env]") {
  // A fan of wedges around a point, all of one colour, on a background that would shine through.
  Rng rng(3);
  Canvas canvas;
  for (int trial = 0; trial < 20; ++trial) {
    canvas.begin(24, 24);
    const Point middle{8.0f + 8.0f * rng.uniform(), 8.0f + 8.0f * rng.uniform()};
    const auto rim = [&](int i) {
      const float angle = 6.2831853f * static_cast<float>(i % 12) / 12.0f + 0.1f * static_cast<float>(trial);
      return Point{middle.x + 60.0f * std::cos(angle), middle.y + 60.0f * std::sin(angle)};
    };
    for (int i = 0; i < 12; ++i) {
      canvas.draw(std::array{middle, rim(i), rim(i + 1)}, {100, 100, 100});
    }
    int worst = 0;
    for (const std::uint8_t level : finish(canvas, 24, 24, {255, 255, 255})) {
      worst = std::max(worst, std::abs(level - 100));
    }
    CHECK(worst <= 3);  // 12 wedges meet in one pixel, each rounded to a 256th
  }
}

TEST_CASE("what is drawn first hides what comes later", "[env]") {
  Canvas canvas;
  canvas.begin(4, 4);
  const std::vector<Point> all = {{-1.0f, -1.0f}, {9.0f, -1.0f}, {9.0f, 9.0f}, {-1.0f, 9.0f}};
  canvas.draw(std::array{Point{1.0f, 1.0f}, Point{2.5f, 1.0f}, Point{2.5f, 2.0f}, Point{1.0f, 2.0f}}, {200, 0, 0});
  canvas.draw(all, {0, 100, 0});
  canvas.draw(all, {0, 0, 255});
  const auto frame = finish(canvas, 4, 4, kWhite);
  const auto pixel = [&](int row, int column) {
    const std::size_t at = static_cast<std::size_t>((row * 4 + column) * 3);
    return std::array<int, 3>{frame[at], frame[at + 1], frame[at + 2]};
  };
  CHECK(pixel(1, 1) == std::array{200, 0, 0});
  CHECK(pixel(1, 2) == std::array{100, 50, 0});
  CHECK(pixel(0, 0) == std::array{0, 100, 0});
}

TEST_CASE("a quad that crosses itself paints both of its halves", "[env]") {
  const auto frame = paint(8, 8, {{0.0f, 0.0f}, {8.0f, 0.0f}, {0.0f, 8.0f}, {8.0f, 8.0f}});
  CHECK(painted_area(frame) == Approx(32.0).margin(0.2));
  CHECK(red_at(frame, 8, 1, 4) == 255);
  CHECK(red_at(frame, 8, 6, 4) == 255);
  CHECK(red_at(frame, 8, 4, 0) == 0);
}

TEST_CASE("flat colours come out as they went in, in frames of any size", "[env]") {
  Canvas canvas;
  for (const auto& [height, width] : {std::pair{1, 1}, {3, 7}, {64, 64}, {5, 100}}) {
    canvas.begin(height, width);
    canvas.draw(std::array{Point{-5.0f, -5.0f}, Point{500.0f, -5.0f}, Point{500.0f, 500.0f}, Point{-5.0f, 500.0f}},
                {1, 128, 255});
    const auto frame = finish(canvas, height, width, kWhite);
    bool same = true;
    for (std::size_t i = 0; i < frame.size(); i += 3) {
      same = same && frame[i] == 1 && frame[i + 1] == 128 && frame[i + 2] == 255;
    }
    CHECK(same);
  }
}

TEST_CASE("polygons without area or out of sight paint nothing", "[env]") {
  CHECK(painted_area(paint(8, 8, {{1.0f, 1.0f}, {5.0f, 5.0f}, {3.0f, 3.0f}})) == 0.0);
  CHECK(painted_area(paint(8, 8, {{1.0f, 2.0f}, {5.0f, 2.0f}, {7.0f, 2.0f}})) == 0.0);
  CHECK(painted_area(paint(8, 8, {{9.0f, 1.0f}, {20.0f, 1.0f}, {20.0f, 5.0f}})) == 0.0);
  CHECK(painted_area(paint(8, 8, {{-9.0f, 1.0f}, {-2.0f, 1.0f}, {-2.0f, 5.0f}})) == 0.0);
  CHECK(painted_area(paint(8, 8, {{1.0f, -9.0f}, {4.0f, -9.0f}, {4.0f, -1.0f}})) == 0.0);
}
