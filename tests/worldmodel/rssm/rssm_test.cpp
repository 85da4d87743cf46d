#include "worldmodel/rssm/rssm.h"

#include <cmath>

#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/nn/adam.h"

using namespace reverie;
using torch::Tensor;

namespace {

std::int64_t count(const torch::nn::Module& module) {
  std::int64_t sum = 0;
  for (const Tensor& parameter : module.parameters()) {
    sum += parameter.numel();
  }
  return sum;
}

RssmConfig small(Stochastic stochastic) {
  RssmConfig config;
  config.deterministic_size = 16;
  config.stochastic = stochastic;
  config.stochastic_size = 2;
  config.classes = 4;
  config.hidden_size = 16;
  config.trunk_size = 16;
  config.reward_head = RssmReward::none;
  config.end_head = false;
  config.free_nats = 0.0;
  config.kl_prior = config.kl_posterior = 0.5;
  config.latent_sigma_min = 0.2;
  return config;
}

// Sequences of a world whose frame shows one number.
ArrivalBatch world(bool coin, std::uint64_t seed) {
  constexpr std::int64_t kTime = 8, kRows = 32;
  ArrivalBatch batch;
  batch.action = normal_tensor({kTime, kRows, 1}, seed).sign();
  batch.first = torch::zeros({kTime, kRows});
  batch.first[0].fill_(1.0f);
  batch.action[0].zero_();
  batch.latent_mean = coin ? normal_tensor({kTime, kRows, 1}, seed + 1).sign() : batch.action.clone();
  batch.latent_log_variance = torch::full({kTime, kRows, 1}, -10.0f);
  batch.reward = torch::zeros({kTime, kRows});
  batch.terminated = torch::zeros({kTime, kRows});
  batch.rewarded = torch::ones({kTime, kRows});
  return batch;
}

struct Learnt {
  double divergence = 0, reconstruction = 0;  // over the last updates
};

Learnt learn(const RssmConfig& config, bool coin) {
  Rssm rssm(1, 1, config, VaeConfig{}, 1);
  Adam adam(*rssm);
  constexpr int kUpdates = 500, kLast = 50;
  Learnt learnt;
  for (int update = 0; update < kUpdates; ++update) {
    const ArrivalBatch batch = world(coin, static_cast<std::uint64_t>(10 * update));
    const std::vector<std::int64_t> shape = {8, 32, 2};
    const Tensor noise = rssm->random_part().is_gaussian()
                             ? normal_tensor(shape, static_cast<std::uint64_t>(10 * update + 5))
                             : uniform_tensor(shape, static_cast<std::uint64_t>(10 * update + 5));
    const RssmLoss loss = rssm->loss(batch, torch::zeros({32, config.deterministic_size}),
                                     torch::zeros({32, rssm->random_part().width()}), noise, torch::kFloat32);
    loss.total.backward();
    adam.step(cosine_schedule(1e-2, 1e-3, static_cast<double>(update) / kUpdates), {.norm = 10.0});
    if (update >= kUpdates - kLast) {
      learnt.divergence += loss.divergence / kLast;
      learnt.reconstruction += loss.reconstruction / kLast;
    }
  }
  return learnt;
}

// The next h of an RSSM of one unit from x = `x`, whatever s and a are.
double step_of(GruKind kind, double x, double h, const RssmLayers& given) {
  RssmConfig config;
  config.gru = kind;
  config.deterministic_size = config.hidden_size = config.stochastic_size = 1;
  const Rssm rssm(1, 1, config, VaeConfig{}, 1);
  RssmLayers layers = given;
  layers.input = [x](const Tensor&) { return torch::full({1, 1}, x); };  // elu(x) = x for x > 0
  return rssm->next_deterministic(layers, torch::full({1, 1}, h), torch::zeros({1, 1}), torch::zeros({1, 1}))
      .item<double>();
}

RssmLayers::Layer product(std::vector<float> weights, std::int64_t in) {
  return [weights, in](const Tensor& x) { return torch::mm(x, torch::tensor(weights).view({in, -1})); };
}

}  // namespace

TEST_CASE("an RSSM has the parameters of PlaNet's, on latents of 32 and 64", "[worldmodel]") {
  CHECK(count(*Rssm(32, 3, RssmConfig{}, VaeConfig{}, 1)) == 464'354);
  CHECK(count(*Rssm(64, 1, RssmConfig{}, VaeConfig{}, 1)) == 483'186);
  RssmConfig config;
  config.gru = GruKind::reset_after;  // LibTorch's second bias
  CHECK(count(*Rssm(32, 3, config, VaeConfig{}, 1)) == 464'954);
}

TEST_CASE("the three GRUs are those of PlaNet, of LibTorch and of DreamerV2", "[worldmodel]") {
  RssmLayers planet;
  const auto gates = product({0.1f, 0.3f, 0.2f, 0.4f}, 2);  // of [x, h]: reset, update
  planet.gru_gates = [gates](const Tensor& x) { return gates(x) + 1.0f; };
  planet.gru_candidate = product({0.5f, 0.6f}, 2);
  CHECK(step_of(GruKind::planet, 1.0, 0.5, planet) == Approx(0.522512).epsilon(1e-4));

  RssmLayers after;
  after.gru_input = product({0.1f, 0.3f, 0.5f}, 1);
  after.gru_hidden = product({0.2f, 0.4f, 0.6f}, 1);
  CHECK(step_of(GruKind::reset_after, 1.0, 0.5, after) == Approx(0.530826).epsilon(1e-4));
  torch::nn::GRUCell cell(torch::nn::GRUCellOptions(1, 1).bias(false));
  torch::NoGradGuard no_grad;
  cell->weight_ih.copy_(torch::tensor({0.1f, 0.3f, 0.5f}).view({3, 1}));
  cell->weight_hh.copy_(torch::tensor({0.2f, 0.4f, 0.6f}).view({3, 1}));
  CHECK(cell->forward(torch::full({1, 1}, 1.0f), torch::full({1, 1}, 0.5f)).item<double>() ==
        Approx(0.530826).epsilon(1e-4));

  // Parts 0, 1, 0 after the norm: given by its shift.
  RssmLayers norm;
  norm.gru_parts = product({1.0f, 2.0f, 4.0f, 0.0f, 0.0f, 0.0f}, 2);
  norm.norm_scale = torch::zeros({3});
  norm.norm_shift = torch::tensor({0.0f, 1.0f, 0.0f});
  CHECK(step_of(GruKind::layer_norm, 1.0, 0.2, norm) == Approx(0.270494).epsilon(1e-4));
  CHECK(max_difference(torch::layer_norm(torch::tensor({{1.0f, 2.0f, 4.0f}}), {3}, {}, {}, 1e-3),
                       torch::tensor({{-1.068702f, -0.267175f, 1.335877f}})) < 1e-4);
}

TEST_CASE("what was before an episode changes nothing in it, state and action alike", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  for (const Stochastic stochastic : {Stochastic::gaussian, Stochastic::categorical}) {
    const RssmConfig config = small(stochastic);
    const Rssm rssm(1, 1, config, VaeConfig{}, 1);
    ArrivalBatch batch = world(true, 3), other = world(true, 3);
    batch.first[4].fill_(1.0f);
    other.first[4].fill_(1.0f);
    other.latent_mean.slice(0, 0, 4).add_(1.0f);
    other.action.slice(0, 0, 5).neg_();  // that of entry 4, too: it led to nothing of this episode
    const Tensor noise = uniform_tensor({8, 32, 2}, 9), h = torch::zeros({32, 16}),
                 s = torch::zeros({32, rssm->random_part().width()});
    const RssmLayers layers = rssm->layers(torch::kFloat32);
    const RssmUnrolled a = rssm->unroll(batch.latent_mean, batch, h, s, noise, layers),
                       b = rssm->unroll(other.latent_mean, other, h, s, noise, layers);
    CHECK(torch::equal(a.stochastic.slice(0, 4), b.stochastic.slice(0, 4)));
    CHECK(torch::equal(a.deterministic.slice(0, 4), b.deterministic.slice(0, 4)));
    CHECK_FALSE(torch::equal(a.deterministic.slice(0, 0, 4), b.deterministic.slice(0, 0, 4)));
  }
}

TEST_CASE("a window is two windows whose state is carried on", "[worldmodel]") {
  torch::NoGradGuard no_grad;
  const RssmConfig config = small(Stochastic::gaussian);
  const Rssm rssm(1, 1, config, VaeConfig{}, 1);
  const ArrivalBatch batch = world(true, 3);
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    ArrivalBatch cut;
    const auto of = [&](const Tensor& tensor) { return tensor.slice(0, begin, end).contiguous(); };
    cut.latent_mean = of(batch.latent_mean);
    cut.latent_log_variance = of(batch.latent_log_variance);
    cut.action = of(batch.action);
    cut.reward = of(batch.reward);
    cut.terminated = of(batch.terminated);
    cut.first = of(batch.first);
    cut.rewarded = of(batch.rewarded);
    return cut;
  };
  const Tensor noise = normal_tensor({8, 32, 2}, 9), h = torch::zeros({32, 16}), s = torch::zeros({32, 2});
  const RssmLoss whole = rssm->loss(batch, h, s, noise, torch::kFloat32);
  const RssmLoss first = rssm->loss(part(0, 3), h, s, noise.slice(0, 0, 3), torch::kFloat32);
  const RssmLoss second =
      rssm->loss(part(3, 8), first.deterministic, first.stochastic, noise.slice(0, 3), torch::kFloat32);
  CHECK(max_difference(whole.deterministic, second.deterministic) < 1e-6);
  CHECK(max_difference(whole.stochastic, second.stochastic) < 1e-6);
  CHECK((3 * first.total + 5 * second.total).item<double>() / 8 == Approx(whole.total.item<double>()).epsilon(1e-4));
}

TEST_CASE("an RSSM's gradient is the slope of its loss along random directions", "[worldmodel]") {
  for (const GruKind gru : {GruKind::planet, GruKind::reset_after, GruKind::layer_norm}) {
    for (const RssmReward head : {RssmReward::event, RssmReward::value, RssmReward::two_hot}) {
      CAPTURE(static_cast<int>(gru), static_cast<int>(head));
      RssmConfig config = small(Stochastic::gaussian);
      config.gru = gru;
      config.reward_head = head;
      config.end_head = true;
      config.reward_weight = config.end_weight = 1.0;
      config.kl_prior = config.kl_posterior = 0.0;  // whose gradients stop half-way on purpose
      Rssm rssm(1, 1, config, VaeConfig{}, 1);
      ArrivalBatch batch = world(true, 3);
      batch.reward = normal_tensor({8, 32}, 4);
      batch.terminated[7].fill_(1.0f);
      const Tensor noise = normal_tensor({8, 32, 2}, 9), h = torch::zeros({32, 16}), s = torch::zeros({32, 2});
      const auto loss = [&] { return rssm->loss(batch, h, s, noise, torch::kFloat32).total; };
      loss().backward();
      double slope = 0.0;
      std::vector<Tensor> directions;
      std::uint64_t seed = 50;
      for (const Tensor& parameter : rssm->parameters()) {
        directions.push_back(normal_tensor(parameter.sizes(), ++seed) * 1e-2);
        slope += (parameter.grad() * directions.back()).sum().item<double>();
      }
      torch::NoGradGuard no_grad;
      const auto at = [&](double step) {
        const std::vector<Tensor> parameters = rssm->parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          Tensor parameter = parameters[i];
          parameter.add_(directions[i], step);
        }
        const double value = loss().item<double>();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          Tensor parameter = parameters[i];
          parameter.sub_(directions[i], step);
        }
        return value;
      };
      constexpr double kStep = 0.05;
      CHECK((at(kStep) - at(-kStep)) / (2.0 * kStep) == Approx(slope).epsilon(0.02));
    }
  }
}

TEST_CASE("where the action alone decides, an RSSM's divergence goes to 0; a hidden coin keeps ln 2", "[worldmodel]") {
  for (const Stochastic stochastic : {Stochastic::gaussian, Stochastic::categorical}) {
    CAPTURE(static_cast<int>(stochastic));
    const Learnt sure = learn(small(stochastic), false), coin = learn(small(stochastic), true);
    CHECK(sure.divergence < 0.1);
    CHECK(sure.reconstruction < 0.5);
    CHECK(coin.divergence > 0.6);  // ln 2 = 0.693, less where the coin is not told for certain
    CHECK(coin.divergence < (stochastic == Stochastic::gaussian ? 2.5 : 1.1));  // two Gaussians tell one bit clumsily
    CHECK(coin.reconstruction < 1.5);  // without the posterior's word it is 1 / (2 0.2^2) = 12.5
  }
}
