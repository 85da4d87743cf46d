// Small helpers over LibTorch that the models share.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "env/random.h"

namespace reverie {

// The numbers of a contiguous tensor, in memory that lives as long as it does.
template <typename Number>
std::span<const Number> numbers_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<Number>(), static_cast<std::size_t>(tensor.numel())};
}

// a [n, k] times b [k, m] computed in `type`, given back as float32.
inline torch::Tensor matmul(const torch::Tensor& a, const torch::Tensor& b, torch::ScalarType type) {
  return torch::mm(a.to(type), b.to(type)).to(torch::kFloat32);
}

// Glorot's uniform initialisation: +-sqrt(6 / (fan_in + fan_out)), from our own generator.
inline torch::Tensor glorot_uniform(torch::IntArrayRef shape, double fan_in, double fan_out, Rng& rng) {
  torch::Tensor values = torch::empty(shape);
  rng.fill_uniform({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  const double bound = std::sqrt(6.0 / (fan_in + fan_out));
  return values.mul_(2.0 * bound).sub_(bound);
}

// Makes a module's parameters: drawn from our own generator in the order of the calls, or without a seed as shapes
// alone (LibTorch's meta device). Shapes take no memory, however large: a reader compares them with a file first.
class ParameterMaker {
 public:
  explicit ParameterMaker(std::optional<std::uint64_t> seed) {
    if (seed) {
      rng_.emplace(*seed);
    }
  }
  torch::Tensor glorot(torch::IntArrayRef shape, double fan_in, double fan_out) {
    return rng_ ? glorot_uniform(shape, fan_in, fan_out, *rng_) : torch::empty(shape, torch::kMeta);
  }
  torch::Tensor zeros(torch::IntArrayRef shape) const {
    return rng_ ? torch::zeros(shape) : torch::empty(shape, torch::kMeta);
  }

 private:
  std::optional<Rng> rng_;
};

// uint8 [batch, height, width, 3] in memory to float32 [batch, 3, height, width] in 0..1, channels_last. The memory
// need not outlive the call.
inline torch::Tensor frames_to_tensor(const std::uint8_t* frames, std::int64_t batch, std::int64_t height,
                                      std::int64_t width) {
  const torch::Tensor bytes =
      torch::from_blob(const_cast<std::uint8_t*>(frames), {batch, height, width, 3}, torch::kUInt8);  // only read
  return bytes.to(torch::kFloat32).mul_(1.0f / 255.0f).permute({0, 3, 1, 2});
}

}  // namespace reverie
