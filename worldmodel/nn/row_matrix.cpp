#include "worldmodel/nn/row_matrix.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "env/clones.h"
#include "worldmodel/nn/bfloat16.h"

namespace reverie {
namespace {

constexpr int kHalf = 16, kPanel = 2 * kHalf;  // columns
using Floats = float __attribute__((vector_size(4 * kHalf)));
using Words = std::uint32_t __attribute__((vector_size(4 * kHalf)));

struct WideRow {
  const float* at;
  static constexpr int kStride = kPanel;
  REVERIE_INLINE void load(Floats& low, Floats& high) const {
    std::memcpy(&low, at, sizeof low);
    std::memcpy(&high, at + kHalf, sizeof high);
  }
};

struct NarrowRow {
  const std::uint32_t* at;
  static constexpr int kStride = kHalf;
  REVERIE_INLINE void load(Floats& low, Floats& high) const {
    Words pairs;
    std::memcpy(&pairs, at, sizeof pairs);
    low = std::bit_cast<Floats>(pairs << 16);
    high = std::bit_cast<Floats>(pairs & 0xffff0000u);
  }
};

// kRows rows by one panel, summed in the order of the inputs.
template <int kRows, typename Row>
REVERIE_INLINE void multiply_block(const float* x, int inputs, Row weights, float* y, int outputs, int columns) {
  Floats low[kRows] = {}, high[kRows] = {};
  for (int k = 0; k < inputs; ++k, weights.at += Row::kStride) {
    Floats w_low, w_high;
    weights.load(w_low, w_high);
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const float value = x[static_cast<std::int64_t>(row) * inputs + k];
      low[row] += value * w_low;
      high[row] += value * w_high;
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < kRows; ++row) {
    float* const out = y + static_cast<std::int64_t>(row) * outputs;
    if (columns == kPanel) {
      std::memcpy(out, &low[row], sizeof low[row]);
      std::memcpy(out + kHalf, &high[row], sizeof high[row]);
    } else {
      float both[kPanel];
      std::memcpy(both, &low[row], sizeof low[row]);
      std::memcpy(both + kHalf, &high[row], sizeof high[row]);
      std::memcpy(out, both, static_cast<std::size_t>(columns) * sizeof(float));
    }
  }
}

struct Operands {
  const float* x;
  int rows, inputs, outputs;
  float* y;
};

// kRows at a time while there are as many, from row `begin` on; returns the first row left.
template <int kRows, typename Row>
REVERIE_INLINE int multiply_rows(const Operands& o, Row panel, int begin, int column) {
  const int columns = std::min(kPanel, o.outputs - column);
  for (; begin + kRows <= o.rows; begin += kRows) {
    multiply_block<kRows>(o.x + std::int64_t{begin} * o.inputs, o.inputs, panel,
                          o.y + std::int64_t{begin} * o.outputs + column, o.outputs, columns);
  }
  return begin;
}

// kRows: as many as the registers hold.
template <int kRows, typename Row>
REVERIE_INLINE void multiply_all(const Operands& o, Row panel) {
  constexpr int kFewer = kRows < 4 ? 1 : 4;
  for (int column = 0; column < o.outputs; column += kPanel, panel.at += std::int64_t{o.inputs} * Row::kStride) {
    int row = multiply_rows<kRows>(o, panel, 0, column);
    row = multiply_rows<kFewer>(o, panel, row, column);
    multiply_rows<1>(o, panel, row, column);
  }
}

using Multiply = void (*)(const Operands&, const float* wide, const std::uint32_t* narrow);

template <int kRows>
REVERIE_INLINE void multiply_either(const Operands& o, const float* wide, const std::uint32_t* narrow) {
  if (narrow == nullptr) {
    multiply_all<kRows>(o, WideRow{wide});
  } else {
    multiply_all<kRows>(o, NarrowRow{narrow});
  }
}

// The accumulators of kRows rows, 128 bytes each, fill the registers of each kind of processor.
void multiply_plain(const Operands& o, const float* wide, const std::uint32_t* narrow) {
  multiply_either<1>(o, wide, narrow);
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("arch=x86-64-v3"))) void multiply_avx2(const Operands& o, const float* wide,
                                                             const std::uint32_t* narrow) {
  multiply_either<3>(o, wide, narrow);
}

__attribute__((target("arch=x86-64-v4,prefer-vector-width=512"))) void multiply_avx512(const Operands& o,
                                                                                       const float* wide,
                                                                                       const std::uint32_t* narrow) {
  multiply_either<12>(o, wide, narrow);
}

Multiply choose() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v4")   ? multiply_avx512
         : __builtin_cpu_supports("x86-64-v3") ? multiply_avx2
                                               : multiply_plain;
}
#else
Multiply choose() {
  return multiply_plain;
}
#endif

}  // namespace

RowMatrix::RowMatrix(const float* weights, int inputs, int outputs, Storage storage)
    : inputs_(inputs), outputs_(outputs) {
  const int panels = (outputs + kPanel - 1) / kPanel;
  const std::size_t size = static_cast<std::size_t>(panels) * static_cast<std::size_t>(inputs) * kPanel;
  std::vector<float> panelled(size, 0.0f);
  for (int k = 0; k < inputs; ++k) {
    for (int column = 0; column < outputs; ++column) {
      panelled[(static_cast<std::size_t>(column / kPanel) * inputs + k) * kPanel + column % kPanel] =
          weights[static_cast<std::int64_t>(k) * outputs + column];
    }
  }
  if (storage == Storage::float32) {
    wide_ = std::move(panelled);
    return;
  }
  for (std::size_t row = 0; row < size; row += kPanel) {
    for (std::size_t i = row; i < row + kHalf; ++i) {
      narrow_.push_back(to_bfloat16(panelled[i]) | std::uint32_t{to_bfloat16(panelled[i + kHalf])} << 16);
    }
  }
}

void RowMatrix::multiply(const float* x, int rows, float* y) const {
  static const Multiply multiply_here = choose();
  multiply_here({x, rows, inputs_, outputs_, y}, wide_.data(), narrow_.empty() ? nullptr : narrow_.data());
}

}  // namespace reverie
