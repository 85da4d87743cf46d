// A dense layer for inference, with fixed weights.
#pragma once

#include <torch/torch.h>

#include "worldmodel/nn/row_matrix.h"

namespace reverie {

class FrozenLinear {
 public:
  FrozenLinear() = default;
  // weight [inputs, outputs], bias [outputs] (undefined: none), both copied. Products in `type`.
  FrozenLinear(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type);

  // x [rows, inputs] -> [rows, outputs], float32. In float32 a row's bits depend on that row only; in bfloat16 they are
  // LibTorch's, from 16 rows on.
  torch::Tensor operator()(const torch::Tensor& x) const;

 private:
  torch::ScalarType type_ = torch::kFloat32;
  RowMatrix rows_;
  torch::Tensor weight_;  // in bfloat16 only
  torch::Tensor bias_;
};

}  // namespace reverie
