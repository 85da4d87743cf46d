#include "worldmodel/adam.h"

#include <torch/optim/adam.h>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

torch::nn::Linear make_module() {
  torch::nn::Linear module(4, 3);
  torch::NoGradGuard no_grad;
  module->weight.copy_(normal_tensor({3, 4}, 1));
  module->bias.copy_(normal_tensor({3}, 2));
  return module;
}

// The gradient of step `step`, of sizes from 1e-4 to 1e2.
void put_gradients(torch::nn::Linear& module, std::uint64_t step) {
  module->weight.mutable_grad() =
      normal_tensor({3, 4}, 100 + step) * std::pow(10.0, static_cast<double>(step % 7) - 4.0);
  module->bias.mutable_grad() = normal_tensor({3}, 200 + step);
}

}  // namespace

TEST_CASE("Adam walks LibTorch's path", "[worldmodel]") {
  torch::nn::Linear ours = make_module(), theirs = make_module();
  Adam adam(*ours);
  torch::optim::Adam reference(theirs->parameters(), torch::optim::AdamOptions(1e-2));
  for (std::uint64_t step = 0; step < 20; ++step) {
    put_gradients(ours, step);
    put_gradients(theirs, step);
    adam.step(1e-2, 0.0);
    reference.step();
    CHECK(max_difference(ours->weight, theirs->weight) < 1e-6);
    CHECK(max_difference(ours->bias, theirs->bias) < 1e-6);
  }
  CHECK(max_difference(ours->weight, make_module()->weight) > 0.05);
}

TEST_CASE("Adam goes on bit for bit from what it saved", "[worldmodel]") {
  torch::nn::Linear whole = make_module(), again = make_module();
  Adam adam(*whole);
  std::map<std::string, Tensor> saved;
  for (std::uint64_t step = 0; step < 10; ++step) {
    if (step == 5) {
      saved = adam.save();
      torch::NoGradGuard no_grad;
      again->weight.copy_(whole->weight);
      again->bias.copy_(whole->bias);
    }
    put_gradients(whole, step);
    adam.step(1e-2, 1.0);
  }
  Adam resumed(*again);
  resumed.load(saved);
  for (std::uint64_t step = 5; step < 10; ++step) {
    put_gradients(again, step);
    resumed.step(1e-2, 1.0);
  }
  CHECK(torch::equal(whole->weight, again->weight));
  CHECK(torch::equal(whole->bias, again->bias));
}

TEST_CASE("gradients are clipped value by value, then cleared", "[worldmodel]") {
  torch::nn::Linear far = make_module(), near = make_module();
  Adam clipped(*far), plain(*near);
  far->bias.mutable_grad() = torch::tensor({5.0f, -7.0f, 0.3f});
  near->bias.mutable_grad() = torch::tensor({1.0f, -1.0f, 0.3f});
  clipped.step(1e-2, 1.0);
  plain.step(1e-2, 0.0);
  const auto state = clipped.save(), expected = plain.save();
  for (const char* name : {"mean.bias", "square.bias"}) {
    CHECK(torch::equal(state.at(name), expected.at(name)));
  }
  CHECK(torch::equal(far->bias, near->bias));
  CHECK_FALSE(far->bias.grad().defined());
}

TEST_CASE("a parameter without a gradient stays where it is", "[worldmodel]") {
  torch::nn::Linear module = make_module();
  Adam adam(*module);
  put_gradients(module, 0);
  adam.step(1e-2, 0.0);
  const Tensor weight = module->weight.clone(), bias = module->bias.clone();
  module->bias.mutable_grad() = torch::ones({3});
  adam.step(1e-2, 0.0);
  CHECK(torch::equal(module->weight, weight));
  CHECK_FALSE(torch::equal(module->bias, bias));
}

TEST_CASE("Adam refuses a state that does not fit", "[worldmodel]") {
  torch::nn::Linear module = make_module();
  Adam adam(*module);
  auto state = adam.save();
  state.erase("square.bias");
  CHECK(message_of<Error>([&] { adam.load(state); }) == "optimiser state: expected tensor 'square.bias' of shape [3]");
  state = adam.save();
  state["mean.weight"] = torch::zeros({4, 3});
  CHECK(message_of<Error>([&] { adam.load(state); }) ==
        "optimiser state: expected tensor 'mean.weight' of shape [3, 4]");
}

TEST_CASE("the cosine schedule goes from begin to end and stays there", "[worldmodel]") {
  CHECK(cosine_schedule(4.0, 2.0, 0.0) == 4.0);
  CHECK(cosine_schedule(4.0, 2.0, 0.5) == Approx(3.0));
  CHECK(cosine_schedule(4.0, 2.0, 1.0) == Approx(2.0));
  CHECK(cosine_schedule(4.0, 2.0, 1.7) == Approx(2.0));
  CHECK(cosine_schedule(4.0, 2.0, 0.25) == Approx(3.0 + std::sqrt(0.5)));
}
