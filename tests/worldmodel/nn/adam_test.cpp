#include "worldmodel/nn/adam.h"

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
    adam.step(1e-2);
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
    adam.step(1e-2, {.value = 1.0});
  }
  Adam resumed(*again);
  resumed.load(saved);
  for (std::uint64_t step = 5; step < 10; ++step) {
    put_gradients(again, step);
    resumed.step(1e-2, {.value = 1.0});
  }
  CHECK(torch::equal(whole->weight, again->weight));
  CHECK(torch::equal(whole->bias, again->bias));
}

TEST_CASE("gradients are clipped value by value, then cleared", "[worldmodel]") {
  torch::nn::Linear far = make_module(), near = make_module();
  Adam clipped(*far), plain(*near);
  far->bias.mutable_grad() = torch::tensor({5.0f, -7.0f, 0.3f});
  near->bias.mutable_grad() = torch::tensor({1.0f, -1.0f, 0.3f});
  clipped.step(1e-2, {.value = 1.0});
  plain.step(1e-2);
  const auto state = clipped.save(), expected = plain.save();
  for (const char* name : {"mean.bias", "square.bias"}) {
    CHECK(torch::equal(state.at(name), expected.at(name)));
  }
  CHECK(torch::equal(far->bias, near->bias));
  CHECK_FALSE(far->bias.grad().defined());
}

TEST_CASE("gradients longer than the clip's norm are made as short as it together, others are left alone",
          "[worldmodel]") {
  const auto put = [](torch::nn::Linear& module, float scale) {
    module->weight.mutable_grad() = torch::zeros({3, 4});
    module->weight.mutable_grad()[1][2] = 3.0f * scale;
    module->bias.mutable_grad() = torch::tensor({0.0f, -4.0f * scale, 0.0f});
  };
  torch::nn::Linear module = make_module();
  Adam adam(*module);
  CHECK(adam.gradient_norm() == 0.0);  // there are none
  put(module, 1.0f);
  CHECK(adam.gradient_norm() == 5.0);  // of 3 and -4
  adam.step(1e-2, {.norm = 2.5});
  const auto state = adam.save();  // the first mean is a tenth of the gradient: of 1.5 and -2
  CHECK(state.at("mean.weight").abs().sum().item<double>() == Approx(0.15));
  CHECK(state.at("mean.weight")[1][2].item<double>() == Approx(0.15));
  CHECK(state.at("mean.bias")[1].item<double>() == Approx(-0.2));

  torch::nn::Linear clipped = make_module(), plain = make_module();
  Adam with_clip(*clipped), without(*plain);
  put(clipped, 0.3f);
  put(plain, 0.3f);
  with_clip.step(1e-2, {.norm = 2.5});
  without.step(1e-2);
  CHECK(torch::equal(clipped->weight, plain->weight));
  CHECK(torch::equal(clipped->bias, plain->bias));

  module->bias.mutable_grad() = torch::tensor({NAN, 1.0f, 1.0f});
  CHECK(std::isnan(adam.gradient_norm()));
}

TEST_CASE("a parameter without a gradient stays where it is", "[worldmodel]") {
  torch::nn::Linear module = make_module();
  Adam adam(*module);
  put_gradients(module, 0);
  adam.step(1e-2);
  const Tensor weight = module->weight.clone(), bias = module->bias.clone();
  module->bias.mutable_grad() = torch::ones({3});
  adam.step(1e-2);
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
