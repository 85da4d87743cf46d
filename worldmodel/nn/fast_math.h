// Exponential, logarithm and what is made of them in single precision, as plain arithmetic that compilers vectorise.
#pragma once

#include <stdint.h>

#include "env/clones.h"

namespace reverie::kernels {

// e^x to about 2e-7 relative: x = n log 2 + r with |r| <= log(2) / 2, a polynomial for e^r, and n into the exponent.
REVERIE_INLINE float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: rounds to the nearest integer
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const float p =
      1.0f +
      r * (1.0f + r * (0.5f + r * (1.66666667e-1f + r * (4.16666667e-2f + r * (8.33333333e-3f + r * 1.38888889e-3f)))));
  // 2^n by its bits; as a factor, so that whatever it is beside a NaN, the product stays one.
  const int32_t exponent = (__builtin_bit_cast(int32_t, shifted) - __builtin_bit_cast(int32_t, 12582912.0f) + 127)
                                << 23;
  return p * __builtin_bit_cast(float, exponent);
}

// log x for normal x > 0, to about 1e-7 relative: log m = 2 atanh((m - 1) / (m + 1)) on [sqrt(1/2), sqrt(2)).
REVERIE_INLINE float fast_log(float x) {
  const int32_t shifted = __builtin_bit_cast(int32_t, x) - 0x3f3504f3;
  const float exponent = static_cast<float>(shifted >> 23);
  const float m = __builtin_bit_cast(float, (shifted & 0x007fffff) + 0x3f3504f3);
  const float t = (m - 1.0f) / (m + 1.0f);
  const float t2 = t * t;
  const float series = t * (2.0f + t2 * (0.66666667f + t2 * (0.4f + t2 * (0.28571429f + t2 * 0.22222222f))));
  const float result = exponent * 0.69314718f + series;
  return x == x ? result : x;  // the bits of a NaN would pass for a large number
}

REVERIE_INLINE float sigmoid(float x) {
  return 1.0f / (1.0f + fast_exp(-x));
}
REVERIE_INLINE float tanh_of(float x) {
  return 2.0f / (1.0f + fast_exp(-2.0f * x)) - 1.0f;
}

}  // namespace reverie::kernels
