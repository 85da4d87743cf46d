// What the rows of V and M share: random networks of the paper's sizes.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "experiments/bench/products.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

// The paper's car: z of 32, actions of 3.
constexpr int kBenchLatent = 32;
constexpr int kBenchAction = 3;
VaeMdnRnn random_world_model(int hidden_size, Precision precision);

}  // namespace reverie
