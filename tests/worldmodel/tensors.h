// Made-up tensors for tests, and how far two of them are apart.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <limits>

#include "env/random.h"

namespace reverie {

inline torch::Tensor normal_tensor(torch::IntArrayRef shape, std::uint64_t seed) {
  torch::Tensor values = torch::empty(shape);
  Rng(seed).fill_normal({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values;
}

inline torch::Tensor uniform_tensor(torch::IntArrayRef shape, std::uint64_t seed) {
  torch::Tensor values = torch::empty(shape);
  Rng(seed).fill_uniform({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  return values;
}

// The largest difference of two values at the same place: infinite where shapes differ, NaN where a value is.
inline double max_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) {
    return std::numeric_limits<double>::infinity();
  }
  return (a.detach().to(torch::kFloat64) - b.detach().to(torch::kFloat64)).abs().max().item<double>();
}

// The same, as a share of b's largest value.
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return max_difference(a, b) / b.detach().abs().max().item<double>();
}

}  // namespace reverie
