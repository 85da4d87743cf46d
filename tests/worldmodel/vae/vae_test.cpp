#include "worldmodel/vae/vae.h"

#include <cmath>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/nn/adam.h"

using namespace reverie;
using torch::Tensor;

namespace {

VaeConfig small_config() {
  VaeConfig config;
  config.latent_size = 8;
  config.channels = {8, 16, 16, 32};
  return config;
}

// A square on a ground, of two colours and at a place of its own for each frame.
Tensor squares(std::int64_t count) {
  const Tensor colours = uniform_tensor({count, 2, 3}, 31);
  Tensor frames = torch::empty({count, 3, kFrameSize, kFrameSize});
  for (std::int64_t i = 0; i < count; ++i) {
    frames[i].copy_(colours[i][0].view({3, 1, 1}).expand({3, kFrameSize, kFrameSize}));
    frames[i]
        .slice(1, 6 * i, 6 * i + 20)
        .slice(2, 40 - 5 * i, 60 - 5 * i)
        .copy_(colours[i][1].view({3, 1, 1}).expand({3, 20, 20}));
  }
  return frames;
}

std::int64_t num_parameters(int latent_size) {
  VaeConfig config;
  config.latent_size = latent_size;
  std::int64_t count = 0;
  for (const Tensor& parameter : Vae(config, 1)->parameters()) {
    count += parameter.numel();
  }
  return count;
}

}  // namespace

TEST_CASE("V has the paper's parameters", "[worldmodel]") {
  CHECK(num_parameters(32) == 4348547);
  CHECK(num_parameters(64) == 4446915);
}

TEST_CASE("equal seeds make equal weights of V", "[worldmodel]") {
  const Vae a(small_config(), 1), b(small_config(), 1), c(small_config(), 2);
  const auto first = a->parameters(), same = b->parameters(), other = c->parameters();
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(torch::equal(first[i], same[i]));
  }
  CHECK_FALSE(torch::equal(first[0], other[0]));
}

TEST_CASE("deconvolution is LibTorch's transposed convolution, forward and backward", "[worldmodel]") {
  const std::int64_t kernel = GENERATE(5, 6);
  const Tensor x = normal_tensor({2, 3, 5, 5}, 1).requires_grad_(true);
  const Tensor weight = normal_tensor({3, 4, kernel, kernel}, 2).requires_grad_(true);
  const Tensor x_theirs = x.detach().clone().requires_grad_(true),
               weight_theirs = weight.detach().clone().requires_grad_(true);
  const Tensor ours = deconvolution(x, weight);
  const Tensor theirs = torch::conv_transpose2d(x_theirs, weight_theirs, {}, 2);
  CHECK(relative_difference(ours, theirs) < 1e-6);
  const Tensor d_output = normal_tensor(theirs.sizes(), 3);
  (ours * d_output).sum().backward();
  (theirs * d_output).sum().backward();
  CHECK(relative_difference(x.grad(), x_theirs.grad()) < 1e-5);
  CHECK(relative_difference(weight.grad(), weight_theirs.grad()) < 1e-5);
}

TEST_CASE("V decodes as the paper's stack of transposed convolutions does", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const VaeConfig config = small_config();
  const Vae vae(config, 1);
  const auto p = vae->named_parameters();
  for (const auto& parameter : vae->named_parameters()) {  // biases start at 0, which would hide them
    parameter.value().add_(normal_tensor(parameter.value().sizes(), 9), 0.05);
  }
  const Tensor z = normal_tensor({2, config.latent_size}, 2);
  Tensor x = (torch::mm(z, p["dense_weight"]) + p["dense_bias"]).view({2, 4 * config.channels[3], 1, 1});
  const Tensor first =
      p["deconv1_weight"].view({4 * config.channels[3], 5, 5, config.channels[2]}).permute({0, 3, 1, 2});
  x = torch::relu(torch::conv_transpose2d(x, first, p["deconv1_bias"], 2));
  x = torch::relu(torch::conv_transpose2d(x, p["deconv2_weight"], p["deconv2_bias"], 2));
  x = torch::relu(torch::conv_transpose2d(x, p["deconv3_weight"], p["deconv3_bias"], 2));
  x = torch::sigmoid(torch::conv_transpose2d(x, p["deconv4_weight"], p["deconv4_bias"], 2));
  CHECK(max_difference(vae->decode(z, torch::kFloat32), x) < 1e-5);
}

TEST_CASE("the KL is the one worked out by hand", "[worldmodel]") {
  // N(1, 1) from N(0, 1): 1/2. N(0, 4): (4 - 1 - log 4) / 2 = 0.80685282. N(0, 1): 0.
  const LatentDistribution latent{torch::tensor({1.0f, 0.0f, 0.0f, 0.0f}).view({2, 2}),
                                  torch::tensor({0.0f, std::log(4.0f), 0.0f, 0.0f}).view({2, 2})};
  const Tensor kl = kl_divergence(latent);
  CHECK(kl[0].item<double>() == Approx(0.5 + 0.80685282).epsilon(1e-6));
  CHECK(kl[1].item<double>() == Approx(0.0).margin(1e-7));
}

TEST_CASE("the floor of the KL counts for each frame, not for each dimension", "[worldmodel]") {
  VaeConfig config = small_config();
  const Vae vae(config, 1);
  {
    torch::NoGradGuard no_grad;
    vae->named_parameters()["head_weight"].mul_(4.0f);  // so that the frames' KLs differ
  }
  const Tensor frame = squares(6), normals = normal_tensor({6, config.latent_size}, 3);
  const LatentDistribution latent = vae->encode(frame, torch::kFloat32);
  const Tensor kl = kl_divergence(latent);
  const double floor = (kl.min() + kl.max()).item<double>() / 2.0;
  const double floored = kl.clamp_min(floor).mean().item<double>();
  REQUIRE(floored > kl.mean().item<double>() + 1e-3);
  REQUIRE(floored > floor + 1e-3);

  config.kl_floor = floor / config.latent_size;
  const Vae with_floor(config, 1);
  {
    torch::NoGradGuard no_grad;
    with_floor->named_parameters()["head_weight"].mul_(4.0f);
  }
  const VaeLoss loss = vae_loss(with_floor, frame, normals, torch::kFloat32);
  const Tensor z = latent.mean + torch::exp(latent.log_variance / 2) * normals;
  const double reconstruction = (vae->decode(z, torch::kFloat32) - frame).square().sum({1, 2, 3}).mean().item<double>();
  CHECK(loss.reconstruction == Approx(reconstruction).epsilon(1e-5));
  CHECK(loss.kl == Approx(kl.mean().item<double>()).epsilon(1e-5));
  CHECK(loss.total.item<double>() == Approx(reconstruction + floored).epsilon(1e-5));
}

TEST_CASE("V's gradient is the slope of its loss along random directions", "[worldmodel]") {
  constexpr float kStep = 3e-3f;
  VaeConfig config = small_config();
  config.kl_floor = 0.0;
  const Vae vae(config, 1);
  const Tensor frame = squares(3), normals = normal_tensor({3, config.latent_size}, 3);
  const auto loss = [&] { return vae_loss(vae, frame, normals, torch::kFloat32).total; };
  loss().backward();
  torch::NoGradGuard no_grad;
  std::uint64_t seed = 50;
  for (const auto& parameter : vae->named_parameters()) {
    Tensor weight = parameter.value();
    const Tensor direction = normal_tensor(weight.sizes(), ++seed);
    const double norm = direction.norm().item<double>();
    weight.add_(direction, kStep / norm);
    const double above = loss().item<double>();
    weight.sub_(direction, 2.0 * kStep / norm);
    const double below = loss().item<double>();
    weight.add_(direction, kStep / norm);
    const double slope = (above - below) / (2.0 * static_cast<double>(kStep));
    CAPTURE(parameter.key());
    CHECK((weight.grad() * direction).sum().item<double>() / norm == Approx(slope).epsilon(0.03).margin(0.3));
    CHECK(weight.grad().abs().max().item<double>() > 0.0);
  }
}

TEST_CASE("V's shapes and ranges are as its header says, in both precisions", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const VaeConfig config = small_config();
  const Vae vae(config, 1);
  const Tensor frame = squares(2);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const LatentDistribution latent = vae->encode(frame, type);
    CHECK(latent.mean.sizes() == torch::IntArrayRef({2, config.latent_size}));
    CHECK(latent.log_variance.sizes() == torch::IntArrayRef({2, config.latent_size}));
    CHECK(latent.mean.scalar_type() == torch::kFloat32);
    const Tensor decoded = vae->decode(100.0f * normal_tensor({2, config.latent_size}, 4), type);
    CHECK(decoded.sizes() == torch::IntArrayRef({2, 3, kFrameSize, kFrameSize}));
    CHECK(decoded.scalar_type() == torch::kFloat32);
    CHECK(decoded.min().item<float>() >= 0.0f);
    CHECK(decoded.max().item<float>() <= 1.0f);
  }
  const LatentDistribution exact = vae->encode(frame, torch::kFloat32), rough = vae->encode(frame, torch::kBFloat16);
  CHECK(relative_difference(rough.mean, exact.mean) < 0.05);
  CHECK(max_difference(rough.mean, exact.mean) > 0.0);
  CHECK(max_difference(vae->decode(exact.mean, torch::kBFloat16), vae->decode(exact.mean, torch::kFloat32)) < 0.02);
}

TEST_CASE("V learns eight frames by heart", "[worldmodel]") {
  const Vae vae(small_config(), 1);
  const Tensor frame = squares(8);
  Adam adam(*vae);
  double before = 0.0;
  for (std::uint64_t update = 0; update < 250; ++update) {
    const VaeLoss loss = vae_loss(vae, frame, normal_tensor({8, 8}, 500 + update), torch::kFloat32);
    before = update == 0 ? loss.reconstruction : before;
    loss.total.backward();
    adam.step(5e-3);
  }
  torch::NoGradGuard no_grad;
  const double after = vae_loss(vae, frame, torch::zeros({8, 8}), torch::kFloat32).reconstruction;
  CAPTURE(before, after);
  CHECK(after < 0.25 * before);
}

TEST_CASE("V's config refuses what the convolutions cannot be", "[worldmodel]") {
  VaeConfig config;
  check_config(config);
  config.channels = {32, 64, 128};
  CHECK(message_of<Error>([&] { check_config(config); }) == "channels: expected 4 values, found 3");
  config.channels = {32, 64, 0, 256};
  CHECK(message_of<Error>([&] { check_config(config); }) == "channels[2]: expected 1 to 1024, found 0");
}
