// Functions of one number on tensors. With a gradient they are LibTorch's. Without one they are the kernels, where a
// number's bits do not depend on where in the tensor it stands: LibTorch computes what is left over at a tensor's end
// in another way than the rest, so that a row would depend on its place in the batch.
#pragma once

#include <torch/torch.h>

namespace reverie::elementwise {

// float32, any shape; the results are new tensors.
torch::Tensor sigmoid(const torch::Tensor& x);
torch::Tensor tanh(const torch::Tensor& x);
torch::Tensor elu(const torch::Tensor& x);
torch::Tensor silu(const torch::Tensor& x);
torch::Tensor softplus(const torch::Tensor& x);
torch::Tensor interpolate(const torch::Tensor& from, const torch::Tensor& to, const torch::Tensor& share);

}  // namespace reverie::elementwise
