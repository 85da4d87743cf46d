#include "worldmodel/nn/low_rank.h"

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/vae/vae.h"
#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

using namespace reverie;
using torch::Tensor;

namespace {

struct MatrixImpl : torch::nn::Module {
  Tensor weight, bias;
  MatrixImpl() {
    weight = register_parameter("weight", torch::zeros({2, 2}));
    bias = register_parameter("bias", torch::zeros({2}));
  }
};

std::int64_t count(const std::map<std::string, Tensor>& tensors, const std::vector<std::string>& names) {
  std::int64_t numbers = 0;
  for (const auto& [name, tensor] : tensors) {
    const bool wanted = std::any_of(names.begin(), names.end(),
                                    [&n = name](const std::string& each) { return n.starts_with(each + "/"); });
    numbers += wanted ? tensor.numel() : 0;
  }
  return numbers;
}

// The least squared error with which an update of that rank reaches `target` from 0.
double error_of_best(int rank, const Tensor& target) {
  MatrixImpl matrix;
  LowRankUpdate update(matrix, rank, {"weight"}, 3);
  Adam adam(update);
  double error = 0.0;
  for (int step = 0; step < 2000; ++step) {
    const Tensor loss = (matrix.weight - target).square().sum();
    error = loss.item<double>();
    loss.backward();
    update.take_gradients();
    adam.step(step < 1500 ? 2e-2 : 1e-3);
    update.merge();
  }
  return error;
}

MdnRnnConfig with_head() {
  MdnRnnConfig config;
  config.head_size = 512;
  return config;
}

}  // namespace

TEST_CASE("an update begins as nothing, and its first gradients are the chain rule's", "[worldmodel]") {
  const MdnRnn mdn_rnn(4, 2, MdnRnnConfig{}, 1);
  std::map<std::string, Tensor> before;
  for (const auto& parameter : mdn_rnn->named_parameters()) {
    before[parameter.key()] = parameter.value().detach().clone();
  }
  LowRankUpdate update(*mdn_rnn, 2, {}, 3);
  update.merge();
  for (const auto& parameter : mdn_rnn->named_parameters()) {
    CAPTURE(parameter.key());
    CHECK(torch::equal(parameter.value(), before[parameter.key()]));
  }
  (mdn_rnn->mixture_weight * normal_tensor(mdn_rnn->mixture_weight.sizes(), 7)).sum().backward();
  const Tensor of_whole = mdn_rnn->mixture_weight.grad().clone();
  update.take_gradients();
  CHECK_FALSE(mdn_rnn->mixture_weight.grad().defined());
  const auto parameters = update.named_parameters();
  const Tensor left = parameters["mixture_weight/left"], right = parameters["mixture_weight/right"];
  CHECK(left.grad().abs().max().item<float>() == 0.0f);
  CHECK(max_difference(right.grad(), torch::mm(left.t(), of_whole)) < 1e-4);
}

TEST_CASE("an update of rank 1 is found by rank 1, and the best of a wider one is Eckart and Young's", "[worldmodel]") {
  CHECK(error_of_best(1, torch::tensor({{1.0f, 2.0f}, {2.0f, 4.0f}})) < 1e-4);
  CHECK(error_of_best(1, torch::tensor({{1.0f, 0.0f}, {0.0f, 2.0f}})) == Approx(1.0).margin(1e-3));
  CHECK(error_of_best(2, torch::tensor({{1.0f, 0.0f}, {0.0f, 2.0f}})) < 1e-4);
}

TEST_CASE("merged is what a copy of the base becomes by the update alone", "[worldmodel]") {
  const MdnRnn trained(4, 2, MdnRnnConfig{}, 1), copy(4, 2, MdnRnnConfig{}, 1);
  LowRankUpdate update(*trained, 2, {"lstm", "mixture"}, 3);
  Adam adam(update);
  for (int step = 0; step < 3; ++step) {
    (trained->lstm_hidden.square().sum() + trained->mixture_weight.sum() + trained->mixture_bias.sum()).backward();
    update.take_gradients();
    adam.step(1e-2);
    update.merge();
  }
  const std::map<std::string, Tensor> tensors = update.tensors();
  apply_update(module_tensors(*copy), tensors, "adapter");
  const auto expected = trained->named_parameters();
  for (const auto& parameter : copy->named_parameters()) {
    CAPTURE(parameter.key());
    CHECK(max_difference(parameter.value(), expected[parameter.key()]) < 1e-7);
  }
  CHECK(max_difference(trained->reward_weight, copy->reward_weight) == 0.0);  // was no part
  // x W' = x W + (x left) right
  const Tensor x = normal_tensor({5, 4 + 2}, 9);
  const MdnRnn base(4, 2, MdnRnnConfig{}, 1);
  const Tensor apart = torch::mm(x, base->lstm_input) +
                       torch::mm(torch::mm(x, tensors.at("lstm_input/left")), tensors.at("lstm_input/right"));
  CHECK(max_difference(torch::mm(x, trained->lstm_input), apart) < 1e-5);
}

TEST_CASE("an update has as many numbers as its rank says", "[worldmodel]") {
  const MdnRnn mdn_rnn(32, 3, with_head(), 1);
  const std::vector<std::string> matrices = {"lstm_input", "lstm_hidden", "head_weight", "mixture_weight"};
  CHECK(count(LowRankUpdate(*mdn_rnn, 1, {}, 3).tensors(), matrices) == 4099);
  CHECK(count(LowRankUpdate(*mdn_rnn, 4, {}, 3).tensors(), matrices) == 16396);
  CHECK(count(LowRankUpdate(*mdn_rnn, 16, {}, 3).tensors(), matrices) == 65584);
  CHECK(LowRankUpdate(*mdn_rnn, 4, {}, 3).tensors().count("reward_weight") == 1);  // of rank 1 already: whole
  VaeConfig half;
  half.channels = {16, 32, 64, 128};
  const Vae vae(half, 1);
  const auto convolutions = LowRankUpdate(*vae, 4, {"conv"}, 3).tensors();
  CHECK(count(convolutions, {"conv1_weight"}) == 256);
  CHECK(count(convolutions, {"conv2_weight"}) == 1152);
  CHECK(count(convolutions, {"conv4_weight"}) == 4608);
  CHECK(convolutions.count("deconv4_bias") == 0);
  CHECK(LowRankUpdate(*vae, 0, {"conv1", "deconv4"}, 3).tensors().size() == 4);
  CHECK(LowRankUpdate(*mdn_rnn, 0, {"bias"}, 3).tensors().size() == 5);
}

TEST_CASE("an update that does not fit is refused by name", "[worldmodel]") {
  MatrixImpl matrix;
  CHECK_THAT(message_of<Error>([&] { LowRankUpdate(matrix, 1, {"conv"}, 3); }),
             ContainsSubstring("parts: expected words of the names of weights (weight, bias), found none of them"));
  const auto refused = [&](const std::map<std::string, Tensor>& update) {
    return message_of<Error>([&] { apply_update(module_tensors(matrix), update, "a.safetensors"); });
  };
  CHECK_THAT(refused({{"bias", torch::zeros({3})}}), ContainsSubstring("a.safetensors: bias: expected shape [2]"));
  CHECK_THAT(refused({{"other", torch::zeros({3})}}), ContainsSubstring("expected a weight of that name, found none"));
  CHECK_THAT(refused({{"weight/left", torch::zeros({2, 1})}}),
             ContainsSubstring("weight: expected left and right, found one alone"));
  CHECK_THAT(refused({{"weight/left", torch::zeros({2, 1})}, {"weight/right", torch::zeros({2, 2})}}),
             ContainsSubstring("expected a product of shape [2, 2]"));
}
