#include "worldmodel/nn/bfloat16_kernels.h"

#include "worldmodel/nn/bfloat16.h"

namespace reverie::kernels {
namespace {

REVERIE_INLINE std::uint16_t relu(std::uint16_t bits) {
  const bool negative = bits > 0x8000 && bits <= 0xff80;  // to minus infinity; what lies above are NaNs
  return negative || bits == 0x8000 ? std::uint16_t{0} : bits;
}

}  // namespace

REVERIE_CLONES
void widen(std::int64_t rows, std::int64_t columns, const std::uint16_t* x, const float* bias, float* y) {
  for (std::int64_t row = 0; row < rows; ++row, x += columns, y += columns) {
    if (bias == nullptr) {
#pragma GCC ivdep
      for (std::int64_t i = 0; i < columns; ++i) {
        y[i] = from_bfloat16(x[i]);
      }
    } else {
#pragma GCC ivdep
      for (std::int64_t i = 0; i < columns; ++i) {
        y[i] = from_bfloat16(x[i]) + bias[i];
      }
    }
  }
}

REVERIE_CLONES
void bias_relu(std::int64_t pixels, std::int64_t channels, const std::uint16_t* bias, std::uint16_t* x) {
  if (bias == nullptr) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < pixels * channels; ++i) {
      x[i] = relu(x[i]);
    }
    return;
  }
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel, x += channels) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < channels; ++i) {
      x[i] = relu(to_bfloat16(from_bfloat16(x[i]) + from_bfloat16(bias[i])));
    }
  }
}

REVERIE_CLONES
void fold(const FoldShape& shape, const std::uint16_t* columns, const float* bias, float* picture) {
  const std::int64_t run = std::int64_t{shape.kernel} * shape.channels;  // numbers side by side of one row of a square
  const std::int64_t width = std::int64_t{shape.side_out()} * shape.channels;
  for (int of = 0; of < shape.pictures; ++of, picture += shape.side_out() * width) {
    for (std::int64_t pixel = 0; pixel < shape.side_out() * width; pixel += shape.channels) {
      for (int channel = 0; channel < shape.channels; ++channel) {
        picture[pixel + channel] = bias[channel];
      }
    }
    for (int row = 0; row < shape.side; ++row) {
      for (int column = 0; column < shape.side; ++column, columns += shape.kernel * run) {
        float* const corner = picture + 2 * row * width + 2 * std::int64_t{column} * shape.channels;
        for (int down = 0; down < shape.kernel; ++down) {
          const std::uint16_t* const from = columns + down * run;
          float* const to = corner + down * width;
#pragma GCC ivdep
          for (std::int64_t i = 0; i < run; ++i) {
            to[i] += from_bfloat16(from[i]);
          }
        }
      }
    }
  }
}

}  // namespace reverie::kernels
