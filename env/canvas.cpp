#include "env/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "env/clones.h"
#include "env/error.h"

namespace reverie {
namespace {

constexpr int kFull = 256;  // the whole of a pixel

// Vectors of GCC and Clang, one lane a pixel; where the processor has no registers of their size they are cut.
constexpr int kLanes = 8;
using Floats = float __attribute__((vector_size(4 * kLanes)));
using Ints = std::int32_t __attribute__((vector_size(4 * kLanes)));
using Shorts = std::int16_t __attribute__((vector_size(2 * kLanes)));
using UnsignedShorts = std::uint16_t __attribute__((vector_size(2 * kLanes)));
using Bytes = std::uint8_t __attribute__((vector_size(2 * kLanes)));

template <typename Vector, typename Value>
REVERIE_INLINE Vector load(const Value* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <typename Vector, typename Value>
REVERIE_INLINE void store(const Vector& vector, Value* to) {
  std::memcpy(to, &vector, sizeof vector);
}

template <typename Vector>
REVERIE_INLINE Vector least(const Vector& a, const Vector& b) {
  return a < b ? a : b;
}

REVERIE_INLINE Floats clamp_from_zero(const Floats& x, float high) {
  const Floats at_least_zero = x > 0.0f ? x : Floats{};
  return least(at_least_zero, Floats{} + high);
}

// Of numbers that are not negative. std::ceil is a call where the baseline has no instruction for it.
REVERIE_INLINE int round_up(float x) {
  const int whole = static_cast<int>(x);
  return whole + (static_cast<float>(whole) < x);
}

REVERIE_INLINE int lanes_down(int column) {
  return column / kLanes * kLanes;
}
REVERIE_INLINE int lanes_up(int column) {
  return lanes_down(column + kLanes - 1);
}

// Adds what a piece of an edge within one row does to the pixels on its right: `height` (signed) to those wholly on its
// right, and to those it crosses as much of it as lies on its right. With x spread evenly over the piece, area(t) is
// the mean of max(t - x, 0), and pixel c gets area(c + 1) - area(c). steepness: height / (2 (right - left)), the same
// all along an edge. begin and end are multiples of kLanes; no part of the piece within the frame lies left of `begin`.
REVERIE_INLINE void add_piece(float left, float right, float height, float steepness, int begin, int end,
                              float* share) {
  const float width = right - left;
  Floats pixel = Floats{0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f} + static_cast<float>(begin);
  for (int column = begin; column < end; column += kLanes, pixel += static_cast<float>(kLanes)) {
    const Floats from = clamp_from_zero(pixel - left, width);
    const Floats to = clamp_from_zero(pixel + 1.0f - left, width);
    const Floats beyond = clamp_from_zero(pixel + 1.0f - right, 1.0f);
    store(load<Floats>(share + column) + (to - from) * (to + from) * steepness + beyond * height, share + column);
  }
}

// The part of a frame that a polygon's box covers.
struct Block {
  int first_row, end_row;
  int begin, end;  // columns, multiples of kLanes
  std::ptrdiff_t stride;
};

REVERIE_CLONES
void add_edges(std::span<const Point> polygon, const Block& block, float* share) {
  const float top = static_cast<float>(block.first_row), bottom = static_cast<float>(block.end_row);
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point from = polygon[i];
    const Point to = polygon[i + 1 < polygon.size() ? i + 1 : 0];
    const Point& upper = from.y < to.y ? from : to;
    const Point& lower = from.y < to.y ? to : from;
    const float direction = from.y < to.y ? 1.0f : -1.0f;
    if (!(upper.y < lower.y && upper.y < bottom && lower.y > top)) {
      continue;
    }
    const float slope = (lower.x - upper.x) / (lower.y - upper.y);
    const float steepness = 0.5f * direction / std::max(std::abs(slope), 1e-9f);
    const int first_row = static_cast<int>(std::max(upper.y, top));
    const int end_row = round_up(std::min(lower.y, bottom));
    float* row_share = share + first_row * block.stride;
    for (int row = first_row; row < end_row; ++row, row_share += block.stride) {
      const float y0 = std::max(upper.y, static_cast<float>(row));
      const float y1 = std::min(lower.y, static_cast<float>(row + 1));
      const float x0 = upper.x + (y0 - upper.y) * slope;
      const float x1 = upper.x + (y1 - upper.y) * slope;
      const float piece_left = std::min(x0, x1);
      if (piece_left >= static_cast<float>(block.end)) {
        continue;
      }
      const int first = lanes_down(static_cast<int>(std::max(piece_left, 0.0f)));
      add_piece(piece_left, std::max(x0, x1), direction * (y1 - y0), steepness, std::max(first, block.begin), block.end,
                row_share);
    }
  }
}

struct Planes {
  std::int16_t* uncovered;
  std::uint16_t *red, *green, *blue;
};

// Takes `share` out of what is uncovered, and sets it back to 0.
REVERIE_CLONES
void blend(const Block& block, Color color, float* share, const Planes& planes) {
  const std::uint16_t red = color.red, green = color.green, blue = color.blue;
  for (int row = block.first_row; row < block.end_row; ++row) {
    for (std::ptrdiff_t at = row * block.stride + block.begin; at < row * block.stride + block.end; at += kLanes) {
      const Floats signed_share = load<Floats>(share + at);
      store(Floats{}, share + at);
      const Floats size = signed_share < 0.0f ? -signed_share : signed_share;
      const Ints whole = __builtin_convertvector(size * static_cast<float>(kFull) + 0.5f, Ints);
      const Shorts covered = __builtin_convertvector(whole, Shorts);
      const Shorts uncovered = load<Shorts>(planes.uncovered + at);
      const Shorts taken = least(covered, uncovered);
      store(uncovered - taken, planes.uncovered + at);
      const UnsignedShorts taken_bits = reinterpret_cast<UnsignedShorts>(taken);
      store(load<UnsignedShorts>(planes.red + at) + taken_bits * red, planes.red + at);
      store(load<UnsignedShorts>(planes.green + at) + taken_bits * green, planes.green + at);
      store(load<UnsignedShorts>(planes.blue + at) + taken_bits * blue, planes.blue + at);
    }
  }
}

struct Painted {  // Planes to read
  const std::int16_t* uncovered;
  const std::uint16_t *red, *green, *blue;
};

// Eight levels of one colour.
REVERIE_INLINE UnsignedShorts levels(const std::uint16_t* sum, const UnsignedShorts& rest, std::uint16_t background,
                                     std::uint16_t darker) {
  const UnsignedShorts level =
      (load<UnsignedShorts>(sum) + rest * background + std::uint16_t{kFull / 2}) / std::uint16_t{kFull};
  return level - least(level, UnsignedShorts{} + darker);
}

// Where nothing was painted, `background`; out [height, width, 3].
REVERIE_CLONES
void write_frame(int height, int width, std::ptrdiff_t stride, Color background, std::uint16_t darker,
                 const Painted& painted, std::uint8_t* out) {
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; column += kLanes) {
      const std::ptrdiff_t at = row * stride + column;
      const UnsignedShorts rest = load<UnsignedShorts>(painted.uncovered + at);
      const UnsignedShorts red = levels(painted.red + at, rest, background.red, darker);
      const UnsignedShorts green = levels(painted.green + at, rest, background.green, darker);
      // Bytes red, green, red, green ...; and blue, 0, blue, 0 ...
      const Bytes rg = reinterpret_cast<Bytes>(red | green << 8);
      const Bytes b = reinterpret_cast<Bytes>(levels(painted.blue + at, rest, background.blue, darker));
      std::array<std::uint8_t, 4 * kLanes> packed;
      store(__builtin_shufflevector(rg, b, 0, 1, 16, 2, 3, 18, 4, 5, 20, 6, 7, 22, 8, 9, 24, 10), packed.data());
      store(__builtin_shufflevector(rg, b, 11, 26, 12, 13, 28, 14, 15, 30, 0, 0, 0, 0, 0, 0, 0, 0),
            packed.data() + 2 * kLanes);
      const std::size_t bytes = static_cast<std::size_t>(std::min(kLanes, width - column)) * 3;
      std::memcpy(out, packed.data(), bytes);
      out += bytes;
    }
  }
}

}  // namespace

void Canvas::begin(int height, int width) {
  REVERIE_CHECK(height, >=, 1);
  REVERIE_CHECK(width, >=, 1);
  height_ = height;
  width_ = width;
  stride_ = lanes_up(width);
  const std::size_t pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(stride_);
  uncovered_.assign(pixels, kFull);
  red_.assign(pixels, 0);
  green_.assign(pixels, 0);
  blue_.assign(pixels, 0);
  share_.resize(std::max(share_.size(), pixels), 0.0f);
}

void Canvas::draw(std::span<const Point> polygon, Color color) {
  float left = polygon[0].x, right = left;
  float top = polygon[0].y, bottom = top;
  for (const Point& p : polygon.subspan(1)) {
    left = std::min(left, p.x);
    right = std::max(right, p.x);
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
  }
  const float frame_right = static_cast<float>(width_);
  const float frame_bottom = static_cast<float>(height_);
  if (!(left < frame_right && right > 0.0f && top < frame_bottom && bottom > 0.0f)) {
    return;
  }
  const Block block{static_cast<int>(std::max(top, 0.0f)), round_up(std::min(bottom, frame_bottom)),
                    lanes_down(static_cast<int>(std::max(left, 0.0f))),
                    lanes_up(round_up(std::min(right, frame_right))), stride_};
  add_edges(polygon, block, share_.data());
  blend(block, color, share_.data(), {uncovered_.data(), red_.data(), green_.data(), blue_.data()});
}

void Canvas::finish(Color background, std::span<std::uint8_t> frame, std::uint8_t darker) const {
  REVERIE_CHECK(frame.size(), ==, static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * 3);
  write_frame(height_, width_, stride_, background, darker, {uncovered_.data(), red_.data(), green_.data(), blue_.data()},
              frame.data());
}

}  // namespace reverie
