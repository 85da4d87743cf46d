// Compiled without contraction into fused operations, which the vectorised part of a loop and its remainder may choose
// differently: here a number's bits must not depend on where in the array it stands.
#include <cmath>

#include "worldmodel/nn/fast_math.h"
#include "worldmodel/nn/kernels.h"

namespace reverie::kernels {

REVERIE_CLONES
void apply(Unary function, std::int64_t size, float* x) {
  switch (function) {
    case Unary::sigmoid:
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = sigmoid(x[i]);
      }
      return;
    case Unary::tanh:
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = tanh_of(x[i]);
      }
      return;
    case Unary::elu:
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        const float below = fast_exp(x[i]) - 1.0f;
        x[i] = x[i] > 0.0f ? x[i] : below;
      }
      return;
    case Unary::silu:
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        x[i] = x[i] * sigmoid(x[i]);
      }
      return;
    case Unary::softplus:
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        const float above = x[i] > 0.0f ? x[i] : 0.0f;
        const float log = fast_log(1.0f + fast_exp(-std::fabs(x[i])));
        x[i] = x[i] == x[i] ? above + log : x[i];
      }
      return;
  }
}

REVERIE_CLONES
void interpolate(std::int64_t size, const float* from, const float* to, const float* share, float* out) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) {
    out[i] = from[i] + share[i] * (to[i] - from[i]);
  }
}

}  // namespace reverie::kernels
