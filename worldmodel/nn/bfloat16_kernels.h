// What surrounds products in bfloat16: each takes one pass over memory. Numbers are given as their bits. Raw pointers,
// row major, no LibTorch; compiled for several instruction sets, of which the processor chooses at run time. NaN in
// gives NaN out.
#pragma once

#include <cstdint>

namespace reverie::kernels {

// y = x + bias in float32, all [rows, columns], bias [columns] or null.
void widen(std::int64_t rows, std::int64_t columns, const std::uint16_t* x, const float* bias, float* y);

// x = relu(x + bias) in place, x [pixels, channels], bias [channels] or null. The sum is rounded before the relu, as
// LibTorch does.
void bias_relu(std::int64_t pixels, std::int64_t channels, const std::uint16_t* bias, std::uint16_t* x);

// The end of a transposed convolution of stride 2 that began as a matrix product: adds up what falls on each pixel.
// columns [pictures, side, side, kernel, kernel, channels] is what each input pixel gives to the square of pixels that
// begins at twice its place. bias [channels]. picture [pictures, 2 side - 2 + kernel, the same, channels] out.
struct FoldShape {
  int pictures = 0, side = 0, kernel = 0, channels = 0;
  int side_out() const { return 2 * side - 2 + kernel; }
};
void fold(const FoldShape& shape, const std::uint16_t* columns, const float* bias, float* picture);

}  // namespace reverie::kernels
