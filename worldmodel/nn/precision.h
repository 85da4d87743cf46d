// The precision of the matrix products and convolutions of a world model.
#pragma once

#include <torch/torch.h>

#include <string>

namespace reverie {

// Weights, losses, optimisers, states and everything elementwise are float32 in both. `automatic` is bfloat16 where the
// processor multiplies it natively (AVX-512 BF16 or AMX), float32 elsewhere; it is resolved once and the answer
// recorded.
enum class Precision { automatic, float32, bfloat16 };

Precision resolve_precision(Precision precision);     // float32 or bfloat16
torch::ScalarType compute_type(Precision precision);  // after resolve_precision
std::string to_string(Precision precision);

}  // namespace reverie
