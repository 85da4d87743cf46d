// What the rows of V and M share: random networks of the paper's sizes, and bare matrix products.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "experiments/bench/bench.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

torch::Tensor random_tensor(torch::IntArrayRef shape);  // normal, from a fixed seed

// The paper's car: z of 32, actions of 3.
constexpr int kBenchLatent = 32;
constexpr int kBenchAction = 3;
VaeMdnRnn random_world_model(int hidden_size, Precision precision);

std::vector<Precision> bench_precisions();  // float32, and bfloat16 where the processor multiplies it

// Bare products [n, k] x [k, m], one after the other.
struct Product {
  std::int64_t n, k, m;
};
Measurement bare_products(const std::vector<Product>& products, torch::ScalarType type, double units);

}  // namespace reverie
