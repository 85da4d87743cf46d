// An LSTM over a sequence, forward and backward, as one differentiable function.
#pragma once

#include <torch/torch.h>

#include <tuple>

namespace reverie {

// One bias, unlike LibTorch's LSTM, so that parameter counts are the paper's. Gates in the order input, forget,
// candidate, output.
struct LstmWeights {
  torch::Tensor input;   // [input, 4 hidden]
  torch::Tensor hidden;  // [hidden, 4 hidden]
  torch::Tensor bias;    // [4 hidden]
};

struct LstmResult {
  torch::Tensor hidden;       // [time, batch, hidden], differentiable
  torch::Tensor last_hidden;  // [batch, hidden], as the next, detached
  torch::Tensor last_cell;
};

// x [time, batch, input]; first [time, batch], 1 where an episode begins: hidden and cell are zero before that step.
// hidden, cell [batch, hidden] at the start; no gradient flows into them. Matrix products run in `type`.
LstmResult lstm_unroll(const torch::Tensor& x, const torch::Tensor& first, const torch::Tensor& hidden,
                       const torch::Tensor& cell, const LstmWeights& weights, torch::ScalarType type);

// One step written in plain tensor operations, for gradients through every argument. Returns hidden, cell [batch,
// hidden].
std::tuple<torch::Tensor, torch::Tensor> lstm_step(const torch::Tensor& x, const torch::Tensor& hidden,
                                                   const torch::Tensor& cell, const LstmWeights& weights);

}  // namespace reverie
