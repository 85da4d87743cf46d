// Noise for a batch whose rows each have a generator of their own.
#pragma once

#include "env/random.h"
#include "worldmodel/world_model.h"

namespace reverie {

inline Noise make_noise(int batch_size, int normals, int uniforms) {
  return {torch::zeros({batch_size, normals}), torch::zeros({batch_size, uniforms})};
}

// All numbers of a contiguous tensor, to be filled.
inline std::span<float> numbers_in(torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

inline void fill_noise_row(Noise& noise, int row, Rng& rng) {
  const auto of = [row](torch::Tensor& tensor) {
    const std::int64_t width = tensor.size(1);
    return std::span<float>(tensor.data_ptr<float>() + row * width, static_cast<std::size_t>(width));
  };
  rng.fill_normal(of(noise.normals));
  rng.fill_uniform(of(noise.uniforms));
}

}  // namespace reverie
