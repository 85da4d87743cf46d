#include "env/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "env/error.h"

namespace reverie {
namespace {

constexpr int kFull = 256;  // the whole of a pixel

// Vectors of GCC and Clang, 16 bytes each, which every 64-bit processor has.
using Floats = float __attribute__((vector_size(16)));
using Ints = std::int32_t __attribute__((vector_size(16)));
using Shorts = std::int16_t __attribute__((vector_size(16)));
using UnsignedShorts = std::uint16_t __attribute__((vector_size(16)));
constexpr int kLanes = 8;  // pixels handled at a time

template <typename Vector, typename Value>
Vector load(const Value* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <typename Vector, typename Value>
void store(const Vector& vector, Value* to) {
  std::memcpy(to, &vector, sizeof vector);
}

template <typename Vector>
Vector least(const Vector& a, const Vector& b) {
  return a < b ? a : b;
}

Floats clamp_from_zero(const Floats& x, float high) {
  const Floats at_least_zero = x > 0.0f ? x : Floats{};
  return least(at_least_zero, Floats{} + high);
}

// Of numbers that are not negative. std::ceil is a call where the baseline has no instruction for it.
int round_up(float x) {
  const int whole = static_cast<int>(x);
  return whole + (static_cast<float>(whole) < x);
}

int lanes_down(int column) {
  return column / kLanes * kLanes;
}
int lanes_up(int column) {
  return lanes_down(column + kLanes - 1);
}

// Adds what a piece of an edge within one row does to the pixels on its right: `height` (signed) to those wholly on its
// right, and to those it crosses as much of it as lies on its right. With x spread evenly over the piece, area(t) is
// the mean of max(t - x, 0), and pixel c gets area(c + 1) - area(c). steepness: height / (2 (right - left)), the same
// all along an edge. begin and end are multiples of 4; no part of the piece within the frame lies left of `begin`.
void add_piece(float left, float right, float height, float steepness, int begin, int end, float* share) {
  const float width = right - left;
  Floats pixel = Floats{0.0f, 1.0f, 2.0f, 3.0f} + static_cast<float>(begin);
  for (int column = begin; column < end; column += 4, pixel += 4.0f) {
    const Floats from = clamp_from_zero(pixel - left, width);
    const Floats to = clamp_from_zero(pixel + 1.0f - left, width);
    const Floats beyond = clamp_from_zero(pixel + 1.0f - right, 1.0f);
    store(load<Floats>(share + column) + (to - from) * (to + from) * steepness + beyond * height, share + column);
  }
}

Ints to_coverage(const Floats& share) {
  return __builtin_convertvector((share < 0.0f ? -share : share) * static_cast<float>(kFull) + 0.5f, Ints);
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
  const int begin = lanes_down(static_cast<int>(std::max(left, 0.0f)));
  const int end = lanes_up(round_up(std::min(right, frame_right)));

  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point from = polygon[i];
    const Point to = polygon[i + 1 < polygon.size() ? i + 1 : 0];
    const Point& upper = from.y < to.y ? from : to;
    const Point& lower = from.y < to.y ? to : from;
    const float direction = from.y < to.y ? 1.0f : -1.0f;
    if (!(upper.y < lower.y && upper.y < frame_bottom && lower.y > 0.0f)) {
      continue;
    }
    const float slope = (lower.x - upper.x) / (lower.y - upper.y);
    const float steepness = 0.5f * direction / std::max(std::abs(slope), 1e-9f);
    const int first_row = static_cast<int>(std::max(upper.y, 0.0f));
    const int end_row = round_up(std::min(lower.y, frame_bottom));
    float* share = share_.data() + static_cast<std::ptrdiff_t>(first_row) * stride_;
    for (int row = first_row; row < end_row; ++row, share += stride_) {
      const float y0 = std::max(upper.y, static_cast<float>(row));
      const float y1 = std::min(lower.y, static_cast<float>(row + 1));
      const float x0 = upper.x + (y0 - upper.y) * slope;
      const float x1 = upper.x + (y1 - upper.y) * slope;
      const float piece_left = std::min(x0, x1);
      const int first = static_cast<int>(std::max(piece_left, 0.0f)) / 4 * 4;
      add_piece(piece_left, std::max(x0, x1), direction * (y1 - y0), steepness, std::max(first, begin), end, share);
    }
  }

  const int end_row = round_up(std::min(bottom, frame_bottom));
  for (int row = static_cast<int>(std::max(top, 0.0f)); row < end_row; ++row) {
    blend(row, begin, end, color);
  }
}

// Takes share_ out of what is uncovered in columns begin to end of a row, and sets it back to 0.
void Canvas::blend(int row, int begin, int end, Color color) {
  const std::uint16_t red = color.red, green = color.green, blue = color.blue;
  const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(row) * stride_;
  for (std::ptrdiff_t at = start + begin; at < start + end; at += kLanes) {
    float* share = share_.data() + at;
    const Ints low = to_coverage(load<Floats>(share));
    const Ints high = to_coverage(load<Floats>(share + 4));
    store(Floats{}, share);
    store(Floats{}, share + 4);
    const Shorts covered = __builtin_convertvector(__builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7), Shorts);
    const Shorts uncovered = load<Shorts>(uncovered_.data() + at);
    const Shorts taken = least(covered, uncovered);
    store(uncovered - taken, uncovered_.data() + at);
    const auto add = [&, taken](std::uint16_t level, std::uint16_t* sum) {
      store(load<UnsignedShorts>(sum) + reinterpret_cast<UnsignedShorts>(taken) * level, sum);
    };
    add(red, red_.data() + at);
    add(green, green_.data() + at);
    add(blue, blue_.data() + at);
  }
}

void Canvas::finish(Color background, std::span<std::uint8_t> frame) const {
  REVERIE_CHECK(frame.size(), ==, static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * 3);
  std::uint8_t* out = frame.data();
  for (int row = 0; row < height_; ++row) {
    for (int block = 0; block < width_; block += kLanes) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(row) * stride_ + block;
      const UnsignedShorts rest = load<UnsignedShorts>(uncovered_.data() + at);
      const auto level = [&](const std::vector<std::uint16_t>& sum, std::uint16_t behind) -> UnsignedShorts {
        return (load<UnsignedShorts>(sum.data() + at) + rest * behind + std::uint16_t{kFull / 2}) /
               std::uint16_t{kFull};
      };
      // Each pixel in 32 bits, red the lowest; then each two of them in 48.
      const UnsignedShorts red_green = level(red_, background.red) | level(green_, background.green) << 8;
      const UnsignedShorts blue = level(blue_, background.blue);
      std::array<UnsignedShorts, 2> pixels = {__builtin_shufflevector(red_green, blue, 0, 8, 1, 9, 2, 10, 3, 11),
                                              __builtin_shufflevector(red_green, blue, 4, 12, 5, 13, 6, 14, 7, 15)};
      std::array<std::uint64_t, kLanes / 2> pairs;
      std::memcpy(pairs.data(), pixels.data(), sizeof pairs);
      std::array<std::uint8_t, 3 * kLanes + 2> packed;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const std::uint64_t pair = (pairs[i] & 0xffffff) | (pairs[i] >> 8 & 0xffffff000000);
        std::memcpy(packed.data() + 6 * i, &pair, sizeof pair);
      }
      const std::size_t bytes = static_cast<std::size_t>(std::min(kLanes, width_ - block)) * 3;
      std::memcpy(out, packed.data(), bytes);
      out += bytes;
    }
  }
}

}  // namespace reverie
