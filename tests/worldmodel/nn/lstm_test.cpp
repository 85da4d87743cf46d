#include "worldmodel/nn/lstm.h"

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr std::int64_t kTime = 7, kBatch = 3, kInput = 5, kHidden = 6;

LstmWeights make_weights() {
  LstmWeights weights{normal_tensor({kInput, 4 * kHidden}, 1), normal_tensor({kHidden, 4 * kHidden}, 2),
                      normal_tensor({4 * kHidden}, 3)};
  for (Tensor* weight : {&weights.input, &weights.hidden, &weights.bias}) {
    weight->mul_(0.5).requires_grad_(true);
  }
  return weights;
}

Tensor no_starts() {
  return torch::zeros({kTime, kBatch});
}

}  // namespace

TEST_CASE("the unrolled LSTM and its gradients are LibTorch's with the second bias zero", "[worldmodel]") {
  const LstmWeights weights = make_weights();
  const Tensor x = normal_tensor({kTime, kBatch, kInput}, 4).requires_grad_(true);
  const Tensor hidden = normal_tensor({kBatch, kHidden}, 5), cell = normal_tensor({kBatch, kHidden}, 6);
  const Tensor d_hidden = normal_tensor({kTime, kBatch, kHidden}, 7);

  torch::nn::LSTM theirs(torch::nn::LSTMOptions(kInput, kHidden));
  auto parameters = theirs->named_parameters();
  {
    torch::NoGradGuard no_grad;
    parameters["weight_ih_l0"].copy_(weights.input.t());
    parameters["weight_hh_l0"].copy_(weights.hidden.t());
    parameters["bias_ih_l0"].copy_(weights.bias);
    parameters["bias_hh_l0"].zero_();
  }
  const Tensor x_theirs = x.detach().clone().requires_grad_(true);
  const auto [output, last] = theirs->forward(x_theirs, std::make_tuple(hidden.unsqueeze(0), cell.unsqueeze(0)));
  (output * d_hidden).sum().backward();

  const LstmResult ours = lstm_unroll(x, no_starts(), hidden, cell, weights, torch::kFloat32);
  (ours.hidden * d_hidden).sum().backward();
  CHECK(max_difference(ours.hidden, output) < 1e-6);
  CHECK(max_difference(ours.last_hidden, std::get<0>(last).squeeze(0)) < 1e-6);
  CHECK(max_difference(ours.last_cell, std::get<1>(last).squeeze(0)) < 1e-6);
  CHECK(relative_difference(weights.input.grad(), parameters["weight_ih_l0"].grad().t()) < 1e-5);
  CHECK(relative_difference(weights.hidden.grad(), parameters["weight_hh_l0"].grad().t()) < 1e-5);
  CHECK(relative_difference(weights.bias.grad(), parameters["bias_ih_l0"].grad()) < 1e-5);
  CHECK(relative_difference(x.grad(), x_theirs.grad()) < 1e-5);
  CHECK_FALSE(ours.last_hidden.requires_grad());
  CHECK_FALSE(ours.last_cell.requires_grad());
}

TEST_CASE("an episode that begins inside a window is one that was run apart", "[worldmodel]") {
  constexpr std::int64_t kStart = 4;
  const Tensor x = normal_tensor({kTime, kBatch, kInput}, 4);
  const Tensor hidden = normal_tensor({kBatch, kHidden}, 5), cell = normal_tensor({kBatch, kHidden}, 6);
  const Tensor d_hidden = normal_tensor({kTime, kBatch, kHidden}, 7);
  const Tensor zero = torch::zeros({kBatch, kHidden});
  Tensor first = no_starts();
  first[kStart].fill_(1.0f);

  const LstmWeights together = make_weights(), apart = make_weights();
  const LstmResult whole = lstm_unroll(x, first, hidden, cell, together, torch::kFloat32);
  (whole.hidden * d_hidden).sum().backward();
  const auto run = [&](std::int64_t begin, std::int64_t end, const Tensor& h, const Tensor& c) {
    const LstmResult part =
        lstm_unroll(x.slice(0, begin, end), torch::zeros({end - begin, kBatch}), h, c, apart, torch::kFloat32);
    (part.hidden * d_hidden.slice(0, begin, end)).sum().backward();
    CHECK(max_difference(part.hidden, whole.hidden.slice(0, begin, end)) < 1e-6);
  };
  run(0, kStart, hidden, cell);
  run(kStart, kTime, zero, zero);
  CHECK(relative_difference(together.input.grad(), apart.input.grad()) < 1e-5);
  CHECK(relative_difference(together.hidden.grad(), apart.hidden.grad()) < 1e-5);
  CHECK(relative_difference(together.bias.grad(), apart.bias.grad()) < 1e-5);
}

TEST_CASE("an episode that begins in one row leaves the other rows", "[worldmodel]") {
  const LstmWeights weights = make_weights();
  const Tensor x = normal_tensor({kTime, kBatch, kInput}, 4);
  const Tensor hidden = normal_tensor({kBatch, kHidden}, 5), cell = normal_tensor({kBatch, kHidden}, 6);
  Tensor first = no_starts();
  first[0][1] = 1.0f;  // the state carried into the window is dropped, too
  const Tensor plain = lstm_unroll(x, no_starts(), hidden, cell, weights, torch::kFloat32).hidden;
  const Tensor reset = lstm_unroll(x, first, hidden, cell, weights, torch::kFloat32).hidden;
  const Tensor fresh =
      lstm_unroll(x, no_starts(), torch::zeros_like(hidden), torch::zeros_like(cell), weights, torch::kFloat32).hidden;
  CHECK(torch::equal(reset.select(1, 0), plain.select(1, 0)));
  CHECK(torch::equal(reset.select(1, 2), plain.select(1, 2)));
  CHECK(max_difference(reset.select(1, 1), fresh.select(1, 1)) < 1e-6);
  CHECK(max_difference(reset.select(1, 1), plain.select(1, 1)) > 1e-2);
}

TEST_CASE("stepping is unrolling, and has gradients by its state", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const LstmWeights weights = make_weights();
  const Tensor x = normal_tensor({kTime, kBatch, kInput}, 4);
  Tensor hidden = normal_tensor({kBatch, kHidden}, 5), cell = normal_tensor({kBatch, kHidden}, 6);
  const LstmResult unrolled = lstm_unroll(x, no_starts(), hidden, cell, weights, torch::kFloat32);
  for (std::int64_t t = 0; t < kTime; ++t) {
    std::tie(hidden, cell) = lstm_step(x[t], hidden, cell, weights);
    CHECK(max_difference(hidden, unrolled.hidden[t]) < 1e-6);
  }
  CHECK(max_difference(cell, unrolled.last_cell) < 1e-6);

  torch::AutoGradMode with_grad(true);
  const Tensor start = normal_tensor({kBatch, kHidden}, 8).requires_grad_(true);
  std::get<0>(lstm_step(x[0], start, start, weights)).sum().backward();
  CHECK(start.grad().abs().min().item<float>() > 0.0f);
}

TEST_CASE("the LSTM in bfloat16 stays close to float32", "[worldmodel]") {
  const LstmWeights exact = make_weights(), rough = make_weights();
  const Tensor x = normal_tensor({kTime, kBatch, kInput}, 4);
  const Tensor zero = torch::zeros({kBatch, kHidden});
  const Tensor expected = lstm_unroll(x, no_starts(), zero, zero, exact, torch::kFloat32).hidden;
  const Tensor found = lstm_unroll(x, no_starts(), zero, zero, rough, torch::kBFloat16).hidden;
  expected.sum().backward();
  found.sum().backward();
  CHECK(found.scalar_type() == torch::kFloat32);
  CHECK(max_difference(found, expected) < 0.05);
  CHECK(max_difference(found, expected) > 0.0);
  CHECK(relative_difference(rough.hidden.grad(), exact.hidden.grad()) < 0.05);
}
