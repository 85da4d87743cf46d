#include "experiments/bench/products.h"

#include <array>

#include "env/random.h"

namespace reverie {

using torch::Tensor;

Tensor random_tensor(torch::IntArrayRef shape) {
  Rng rng(1);
  Tensor tensor = torch::empty(shape);
  rng.fill_normal({tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())});
  return tensor;
}

std::vector<Precision> bench_precisions() {
  if (resolve_precision(Precision::automatic) == Precision::bfloat16) {
    return {Precision::float32, Precision::bfloat16};
  }
  return {Precision::float32};
}

Measurement bare_products(const std::vector<Product>& products, torch::ScalarType type, double units) {
  std::vector<std::array<Tensor, 3>> operands;
  for (const Product& p : products) {
    operands.push_back(
        {random_tensor({p.n, p.k}).to(type), random_tensor({p.k, p.m}).to(type), torch::empty({p.n, p.m}, type)});
  }
  return timed([operands, units]() mutable {
    torch::NoGradGuard no_grad;
    for (auto& [a, b, c] : operands) {
      torch::mm_out(c, a, b);
    }
    return units;
  });
}

}  // namespace reverie
