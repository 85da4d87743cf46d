// A world model's network as a page runs it (experiments/page/dream_runtime.h).
#pragma once

#include <torch/torch.h>

#include <array>
#include <vector>

#include "experiments/page/dream_runtime.h"

namespace reverie {

struct PageNetwork {
  std::array<int, page::kSizes> sizes{};        // the model's own; those of C, of the dream and of the moments are 0
  std::array<float, page::kNumbers> numbers{};  // likewise
  std::vector<torch::Tensor> weights;           // float32, in the block's order and layout
};

}  // namespace reverie
