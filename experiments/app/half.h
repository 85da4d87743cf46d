// Weights as they are given away.
#pragma once

#include <torch/torch.h>

#include <string>

#include "env/error.h"

namespace reverie {

// Error (kind data) naming the tensor where a number is too large for half precision.
inline torch::Tensor to_half(const torch::Tensor& tensor, const std::string& name) {
  const torch::Tensor half = tensor.detach().to(torch::kFloat16).contiguous();
  if (!half.isfinite().all().item<bool>()) {
    throw Error(ErrorKind::data, str(name, ": expected numbers of at most 65504, which half precision holds"));
  }
  return half;
}

}  // namespace reverie
