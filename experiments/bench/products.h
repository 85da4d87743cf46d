// What the rows about networks share: random tensors, and bare matrix products as their limit.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "experiments/bench/bench.h"

namespace reverie {

torch::Tensor random_tensor(torch::IntArrayRef shape);  // normal, from a fixed seed

std::vector<Precision> bench_precisions();  // float32, and bfloat16 where the processor multiplies it

// Bare products [n, k] x [k, m], one after the other.
struct Product {
  std::int64_t n, k, m;
};
Measurement bare_products(const std::vector<Product>& products, torch::ScalarType type, double units);

}  // namespace reverie
