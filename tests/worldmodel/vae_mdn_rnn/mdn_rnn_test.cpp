#include "worldmodel/vae_mdn_rnn/mdn_rnn.h"

#include <cmath>
#include <numbers>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr int kLatent = 3, kActions = 2, kMixtures = 2;
constexpr std::int64_t kTime = 5, kBatch = 4;

std::int64_t num_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const Tensor& parameter : module.parameters()) {
    count += parameter.numel();
  }
  return count;
}

MdnRnnConfig tiny_config() {
  MdnRnnConfig config;
  config.hidden_size = 6;
  config.mixtures = kMixtures;
  return config;
}

SequenceBatch make_sequence() {
  const Tensor latents = normal_tensor({kTime + 1, kBatch, kLatent}, 1);
  SequenceBatch sequence{latents.slice(0, 0, kTime),    normal_tensor({kTime, kBatch, kActions}, 2),
                         latents.slice(0, 1),           normal_tensor({kTime, kBatch}, 3),
                         torch::zeros({kTime, kBatch}), torch::zeros({kTime, kBatch})};
  sequence.terminated[kTime - 1][2] = 1.0f;
  sequence.terminated[1][0] = 1.0f;
  sequence.first[2][0] = 1.0f;
  sequence.first[0][3] = 1.0f;
  return sequence;
}

kernels::MixtureShape mixture_of(double log_sigma_min) {
  kernels::MixtureShape shape;
  shape.latent = kLatent;
  shape.mixtures = kMixtures;
  shape.log_sigma_min = static_cast<float>(log_sigma_min);
  return shape;
}

// The mixture's likelihood in LibTorch's own operations.
Tensor plain_nll(const Tensor& mixture, const Tensor& target, int mixtures, double log_sigma_min) {
  const Tensor parts = mixture.view({mixture.size(0), 3, mixtures, -1});
  const Tensor log_weight = torch::log_softmax(parts.select(1, 0), 1);
  const Tensor log_sigma = parts.select(1, 2).clamp_min(log_sigma_min);
  const Tensor normalised = (target.unsqueeze(1) - parts.select(1, 1)) * torch::exp(-log_sigma);
  const Tensor log_density = -0.5 * normalised.square() - log_sigma - 0.5 * std::log(2.0 * std::numbers::pi);
  return -torch::logsumexp(log_weight + log_density, 1).mean();
}

Tensor zero_state(const MdnRnnConfig& config) {
  return torch::zeros({kBatch, config.hidden_size});
}

}  // namespace

TEST_CASE("M has the paper's parameters, and one linear unit for each head", "[worldmodel]") {
  MdnRnnConfig config;
  CHECK(num_parameters(*MdnRnn(32, 3, config, 1)) == 422368 + 257 + 257);
  config.end_head = false;
  CHECK(num_parameters(*MdnRnn(32, 3, config, 1)) == 422368 + 257);
  config.reward_head = RewardHead::none;
  CHECK(num_parameters(*MdnRnn(32, 3, config, 1)) == 422368);
  config.head_size = 100;  // what read 256 numbers reads 100
  CHECK(num_parameters(*MdnRnn(32, 3, config, 1)) == 422368 - 156 * 480 + 257 * 100);
}

TEST_CASE("equal seeds make equal weights of M, and the forget gate starts open", "[worldmodel]") {
  const MdnRnn a(kLatent, kActions, tiny_config(), 1), b(kLatent, kActions, tiny_config(), 1),
      c(kLatent, kActions, tiny_config(), 2);
  CHECK(torch::equal(a->lstm_input, b->lstm_input));
  CHECK(torch::equal(a->mixture_weight, b->mixture_weight));
  CHECK_FALSE(torch::equal(a->mixture_weight, c->mixture_weight));
  CHECK(torch::equal(a->lstm_bias, torch::cat({torch::zeros({6}), torch::ones({6}), torch::zeros({12})})));
}

TEST_CASE("mixture_nll and its gradient are those of LibTorch's log-sum-exp", "[worldmodel]") {
  constexpr double kFloor = -0.8;  // some of the log sigmas lie below
  const Tensor mixture = normal_tensor({7, 3 * kMixtures * kLatent}, 1).requires_grad_(true);
  const Tensor exact = mixture.detach().to(torch::kFloat64).requires_grad_(true);
  const Tensor target = normal_tensor({7, kLatent}, 2);
  const Tensor nll = mixture_nll(mixture, target, mixture_of(kFloor));
  const Tensor expected = plain_nll(exact, target.to(torch::kFloat64), kMixtures, kFloor);
  CHECK(nll.item<double>() == Approx(expected.item<double>()).epsilon(1e-6));
  (3.0f * nll).backward();
  (3.0 * expected).backward();
  CHECK(max_difference(mixture.grad(), exact.grad()) < 1e-6);
}

TEST_CASE("mixture_nll's gradient is the slope of mixture_nll", "[worldmodel]") {
  constexpr float kStep = 1e-2f;
  const Tensor mixture = normal_tensor({2, 3 * kMixtures * kLatent}, 1).requires_grad_(true);
  const Tensor target = normal_tensor({2, kLatent}, 2);
  mixture_nll(mixture, target, mixture_of(-7.0)).backward();
  torch::NoGradGuard no_grad;
  for (std::int64_t i = 0; i < mixture.numel(); ++i) {
    const auto moved = [&](float by) {
      const Tensor copy = mixture.clone();
      copy.view({-1})[i] += by;
      return mixture_nll(copy, target, mixture_of(-7.0)).item<double>();
    };
    const double slope = (moved(kStep) - moved(-kStep)) / (2.0 * kStep);
    CHECK(mixture.grad().view({-1})[i].item<double>() == Approx(slope).margin(3e-4));
  }
}

TEST_CASE("M's losses and all gradients are those of the plain formulas", "[worldmodel]") {
  MdnRnnConfig config = tiny_config();
  config.reward_weight = 0.7;
  config.end_weight = 0.3;
  config.reward_scale = 2.0;
  config.reward_head = GENERATE(RewardHead::event, RewardHead::value);
  config.mask_first_reward = GENERATE(true, false);
  config.head_size = GENERATE(0, 9);
  const MdnRnn ours(kLatent, kActions, config, 5), plain(kLatent, kActions, config, 5);
  const SequenceBatch sequence = make_sequence();
  const Tensor hidden0 = normal_tensor({kBatch, config.hidden_size}, 6),
               cell0 = normal_tensor({kBatch, config.hidden_size}, 7);
  const MdnRnnLoss loss = ours->loss(sequence, {hidden0, cell0}, {}, torch::kFloat32);
  loss.total.backward();

  Tensor hidden = hidden0, cell = cell0;
  Tensor latent_loss = torch::zeros({}), reward_loss = torch::zeros({}), end_loss = torch::zeros({});
  double counted = 0.0;
  for (std::int64_t t = 0; t < kTime; ++t) {
    const Tensor keep = 1.0f - sequence.first[t].unsqueeze(1);
    std::tie(hidden, cell) =
        lstm_step(torch::cat({sequence.latent[t], sequence.action[t]}, 1), hidden * keep, cell * keep, plain->lstm());
    const Tensor states =
        config.head_size == 0 ? hidden : (torch::mm(hidden, plain->head_weight) + plain->head_bias).clamp_min(0.0f);
    const Tensor mixture = torch::mm(states, plain->mixture_weight) + plain->mixture_bias;
    latent_loss = latent_loss + plain_nll(mixture, sequence.next_latent[t], kMixtures, config.log_sigma_min) / kTime;
    const Tensor reward = torch::mm(states, plain->reward_weight).squeeze(1) + plain->reward_bias;
    const Tensor end = torch::sigmoid(torch::mm(states, plain->end_weight).squeeze(1) + plain->end_bias);
    for (std::int64_t row = 0; row < kBatch; ++row) {
      const Tensor d = sequence.terminated[t][row];
      end_loss = end_loss - (10.0f * d * end[row].log() + (1.0f - d) * (1.0f - end[row]).log()) / (kTime * kBatch);
      if (config.mask_first_reward && sequence.first[t][row].item<float>() == 1.0f) {
        continue;
      }
      counted += 1.0;
      const float paid = sequence.reward[t][row].item<float>();
      if (config.reward_head == RewardHead::value) {
        reward_loss = reward_loss + (reward[row] - paid / 2.0f).square();
      } else {
        const Tensor probability = torch::sigmoid(reward[row]);
        reward_loss = reward_loss - (paid > 0.0f ? probability : 1.0f - probability).log();
      }
    }
  }
  CHECK(counted == (config.mask_first_reward ? 18.0 : 20.0));
  reward_loss = reward_loss / counted;
  const Tensor total = latent_loss + 0.7f * reward_loss + 0.3f * end_loss;
  total.backward();

  CHECK(loss.latent == Approx(latent_loss.item<double>()).epsilon(1e-5));
  CHECK(loss.reward == Approx(reward_loss.item<double>()).epsilon(1e-5));
  CHECK(loss.end == Approx(end_loss.item<double>()).epsilon(1e-5));
  CHECK(loss.total.item<double>() == Approx(total.item<double>()).epsilon(1e-5));
  CHECK(max_difference(loss.carried[0], hidden) < 1e-6);
  CHECK(max_difference(loss.carried[1], cell) < 1e-6);
  const auto expected = plain->named_parameters();
  for (const auto& parameter : ours->named_parameters()) {
    CAPTURE(parameter.key());
    CHECK(relative_difference(parameter.value().grad(), expected[parameter.key()].grad()) < 1e-5);
  }
}

TEST_CASE("M's gradient is the slope of its loss along random directions", "[worldmodel]") {
  constexpr float kStep = 1e-2f;
  const MdnRnnConfig config = tiny_config();
  const MdnRnn mdn_rnn(kLatent, kActions, config, 5);
  const SequenceBatch sequence = make_sequence();
  const auto loss = [&] {
    return mdn_rnn->loss(sequence, {zero_state(config), zero_state(config)}, {}, torch::kFloat32).total;
  };
  loss().backward();
  torch::NoGradGuard no_grad;
  std::uint64_t seed = 100;
  for (const auto& parameter : mdn_rnn->named_parameters()) {
    Tensor weight = parameter.value();
    const Tensor direction = normal_tensor(weight.sizes(), ++seed);
    weight.add_(direction, kStep);
    const double above = loss().item<double>();
    weight.sub_(direction, 2.0f * kStep);
    const double below = loss().item<double>();
    weight.add_(direction, kStep);
    CAPTURE(parameter.key());
    CHECK((weight.grad() * direction).sum().item<double>() ==
          Approx((above - below) / (2.0 * kStep)).epsilon(0.02).margin(1e-3));
  }
}

TEST_CASE("the losses of known heads are the ones worked out by hand", "[worldmodel]") {
  // With zero weights each head gives its bias at every step. Three steps of one row; the first one is masked for the
  // reward, of the other two one paid.
  MdnRnnConfig config = tiny_config();
  const MdnRnn mdn_rnn(kLatent, kActions, config, 5);
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->reward_weight.zero_();
    mdn_rnn->reward_bias.fill_(std::log(3.0f));  // probability 3/4
    mdn_rnn->end_weight.zero_();
    mdn_rnn->end_bias.fill_(-std::log(4.0f));  // probability 1/5
  }
  SequenceBatch sequence = make_sequence();
  for (Tensor* tensor : {&sequence.latent, &sequence.action, &sequence.next_latent, &sequence.reward,
                         &sequence.terminated, &sequence.first}) {
    *tensor = tensor->slice(0, 0, 3).slice(1, 0, 1).contiguous();
  }
  sequence.reward.copy_(torch::tensor({50.0f, 3.1f, -0.1f}).view({3, 1}));
  sequence.terminated.copy_(torch::tensor({0.0f, 0.0f, 1.0f}).view({3, 1}));
  sequence.first.copy_(torch::tensor({1.0f, 0.0f, 0.0f}).view({3, 1}));
  const Tensor zero = torch::zeros({1, config.hidden_size});
  const MdnRnnLoss loss = mdn_rnn->loss(sequence, {zero, zero}, {}, torch::kFloat32);
  CHECK(loss.reward == Approx((-std::log(0.75) - std::log(0.25)) / 2.0).epsilon(1e-6));
  CHECK(loss.end == Approx((-2.0 * std::log(0.8) - 10.0 * std::log(0.2)) / 3.0).epsilon(1e-6));
  CHECK(loss.total.item<double>() == Approx(loss.latent + loss.reward + loss.end).epsilon(1e-6));
}

TEST_CASE("a window of nothing but first steps trains no reward head", "[worldmodel]") {
  const MdnRnnConfig config = tiny_config();
  const MdnRnn mdn_rnn(kLatent, kActions, config, 5);
  SequenceBatch sequence = make_sequence();
  sequence.first.fill_(1.0f);
  const MdnRnnLoss loss = mdn_rnn->loss(sequence, {zero_state(config), zero_state(config)}, {}, torch::kFloat32);
  loss.total.backward();
  CHECK(loss.reward == 0.0);
  CHECK(mdn_rnn->reward_weight.grad().abs().max().item<float>() == 0.0f);
}

TEST_CASE("the loss of M in bfloat16 stays close to float32", "[worldmodel]") {
  const MdnRnnConfig config = tiny_config();
  const MdnRnn mdn_rnn(kLatent, kActions, config, 5);
  const SequenceBatch sequence = make_sequence();
  const double exact =
      mdn_rnn->loss(sequence, {zero_state(config), zero_state(config)}, {}, torch::kFloat32).total.item<double>();
  const double rough =
      mdn_rnn->loss(sequence, {zero_state(config), zero_state(config)}, {}, torch::kBFloat16).total.item<double>();
  CHECK(rough == Approx(exact).epsilon(0.02));
}

TEST_CASE("M's config refuses what it cannot be", "[worldmodel]") {
  MdnRnnConfig config;
  check_config(config);
  config.hidden_size = 0;
  CHECK(message_of<Error>([&] { check_config(config); }) == "hidden_size: expected 1 to 8192, found 0");
}

TEST_CASE("M learns a world that repeats, where only memory tells what follows", "[worldmodel]") {
  // The cycle A B A C: what follows A depends on what came before it.
  constexpr std::int64_t kWindow = 16, kRows = 8;
  constexpr float kNoise = 0.05f;
  const Tensor places = normal_tensor({3, kLatent}, 21);
  const std::vector<std::int64_t> cycle = {0, 1, 0, 2};
  const auto world = [&](std::uint64_t seed) {
    Tensor latents = normal_tensor({kWindow + 1, kRows, kLatent}, seed) * kNoise;
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::int64_t t = 0; t <= kWindow; ++t) {
        latents[t][row] += places[cycle[static_cast<std::size_t>(t + row) % cycle.size()]];
      }
    }
    return SequenceBatch{
        latents.slice(0, 0, kWindow),   torch::zeros({kWindow, kRows, kActions}), latents.slice(0, 1),
        torch::zeros({kWindow, kRows}), torch::zeros({kWindow, kRows}),           torch::zeros({kWindow, kRows})};
  };
  MdnRnnConfig config;
  config.hidden_size = 32;
  config.mixtures = kMixtures;
  config.reward_head = RewardHead::none;
  config.end_head = false;
  const MdnRnn mdn_rnn(kLatent, kActions, config, 1);
  const Tensor zero = torch::zeros({kRows, config.hidden_size});
  Adam adam(*mdn_rnn);
  for (std::uint64_t update = 0; update < 300; ++update) {
    mdn_rnn->loss(world(1000 + update), {zero, zero}, {}, torch::kFloat32).total.backward();
    adam.step(1e-2, {.value = 1.0});
  }
  torch::NoGradGuard no_grad;
  const SequenceBatch held_out = world(1);
  const double learnt = mdn_rnn->loss(held_out, {zero, zero}, {}, torch::kFloat32).latent;
  const Tensor deviation = held_out.next_latent.reshape({-1, kLatent}).std(0, false);
  const double gaussian = (deviation.log() + 0.5 * std::log(2.0 * std::numbers::pi) + 0.5).mean().item<double>();
  CAPTURE(learnt, gaussian);
  CHECK(learnt < gaussian - 1.5);
  CHECK(learnt > std::log(static_cast<double>(kNoise)) + 1.3);  // the noise itself cannot be predicted
}

TEST_CASE("a world of two futures is learnt as two by a joint mixture and by a flow, and as four by separate ones",
          "[worldmodel]") {
  // z is (1, 1) or (-1, -1) whatever was before, with some noise. Drawn apart, the signs agree half of the time, and
  // the likelihood cannot be better than ln 2 nats behind the joint one.
  static constexpr std::int64_t kSteps = 4, kRows = 32;
  const auto learn = [](LatentHead head, double& agree) {
    MdnRnnConfig config;
    config.hidden_size = 8;
    config.mixtures = 2;
    config.latent_head = head;
    config.reward_head = RewardHead::none;
    config.end_head = false;
    config.flow.width = 64;
    const MdnRnn mdn_rnn(2, 1, config, 3);
    if (mdn_rnn->is_mixture()) {  // the components begin apart, or both may stay on what lies between the futures
      torch::NoGradGuard no_grad;
      const std::int64_t means = mdn_rnn->mixture_shape().num_weights();
      mdn_rnn->mixture_bias.slice(0, means, means + 2).fill_(0.5f);
      mdn_rnn->mixture_bias.slice(0, means + 2, means + 4).fill_(-0.5f);
    }
    Adam adam(*mdn_rnn);
    const Tensor zeros = torch::zeros({kRows, 8});
    double nats = 0.0;
    constexpr int kUpdates = 700, kLast = 100;
    for (int update = 0; update < kUpdates; ++update) {
      const std::uint64_t seed = static_cast<std::uint64_t>(update);
      const Tensor sign = (uniform_tensor({kSteps + 1, kRows, 1}, seed) < 0.5).to(torch::kFloat32) * 2.0f - 1.0f;
      const Tensor z = sign + 0.1f * normal_tensor({kSteps + 1, kRows, 2}, seed + 100000);
      const Tensor none = torch::zeros({kSteps, kRows});
      const MdnRnnLoss loss =
          mdn_rnn->loss({z.slice(0, 0, kSteps), torch::zeros({kSteps, kRows, 1}), z.slice(0, 1), none, none, none},
                        {zeros, zeros}, mdn_rnn->draw_noise(kSteps * kRows, seed + 200000), torch::kFloat32);
      loss.total.backward();
      adam.step(head == LatentHead::flow ? 4e-3 : 2e-2);
      nats += update >= kUpdates - kLast ? 2.0 * loss.latent / kLast : 0.0;
    }
    VaeConfig v;
    v.latent_size = 2;
    v.channels = {4, 4, 4, 4};
    const VaeMdnRnn model(Vae(v, 1), mdn_rnn, {}, Precision::float32);
    const Noise noise{normal_tensor({500, 2}, 7), uniform_tensor({500, 2}, 8)};
    const Tensor drawn = model.imagine(model.initial_state(500), torch::zeros({500, 1}), 1.0f, noise).state.parts[0];
    agree = ((drawn.select(1, 0) > 0) == (drawn.select(1, 1) > 0)).to(torch::kFloat64).mean().item<double>();
    return nats;
  };
  double agree_joint = 0.0, agree_apart = 0.0, agree_flow = 0.0;
  const double joint = learn(LatentHead::joint_mixture, agree_joint), apart = learn(LatentHead::mixture, agree_apart);
  learn(LatentHead::flow, agree_flow);
  CHECK(agree_joint > 0.95);
  CHECK(agree_flow > 0.95);
  CHECK(agree_apart == Approx(0.5).margin(0.1));
  const double best = std::log(2.0) + 2.0 * (0.5 * std::log(2.0 * std::numbers::pi * std::numbers::e) + std::log(0.1));
  CHECK(joint == Approx(best).margin(0.15));
  CHECK(apart - joint == Approx(std::log(2.0)).margin(0.15));
}
