// A matrix of weights laid out for y = x W, where a row of y has the same bits whatever rows stand beside it.
//
// OpenBLAS rounds a row differently by its place in the batch (its AVX2 kernels do), and a rollout must not depend on
// which row an episode got. So the float32 products of a model in use are computed here, and so are products of a few
// rows, as in live play, for which the libraries are slow.
#pragma once

#include <cstdint>
#include <vector>

namespace reverie {

class RowMatrix {
 public:
  enum class Storage { float32, bfloat16 };  // of the weights; the arithmetic is float32 in both

  RowMatrix() = default;
  // weights: [inputs, outputs], row major; rounded to nearest where stored as bfloat16.
  RowMatrix(const float* weights, int inputs, int outputs, Storage storage);

  // y [rows, outputs] = x [rows, inputs] W. Allocates nothing; several threads may call it at once.
  void multiply(const float* x, int rows, float* y) const;

  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }

 private:
  int inputs_ = 0, outputs_ = 0;
  // Panels of 32 columns, the last one filled up with zeros: [panels, inputs, 32]. A panel's row of bfloat16 holds 16
  // pairs, column i in the lower half of pair i and column 16 + i in the upper one.
  std::vector<float> wide_;
  std::vector<std::uint32_t> narrow_;
};

}  // namespace reverie
