#include "agent/learn/actor_critic.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr int kFeatures = 5, kActions = 2, kMoments = 400;

// Correlated features with very different variances and means that are not zero.
Tensor mixed_features() {
  const Tensor mixing = normal_tensor({kFeatures, kFeatures}, 1) * torch::logspace(-2, 1, kFeatures).unsqueeze(1);
  return torch::mm(normal_tensor({kMoments, kFeatures}, 2), mixing) + 3.0f;
}

// Changes a module's parameters at random.
void disturb(torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  std::uint64_t seed = 10;
  for (Tensor& parameter : module.parameters()) {
    parameter.add_(0.3f * normal_tensor(parameter.sizes(), seed++));
  }
}

Rollout some_rollout(const ActorCritic& actor_critic) {
  torch::NoGradGuard no_grad;
  Rollout rollout;
  rollout.whitened = normal_tensor({3, 4, kFeatures}, 3);
  rollout.mean = actor_critic->outputs(rollout.whitened.view({12, kFeatures})).view({3, 4, kActions});
  rollout.output = rollout.mean + 0.5f * normal_tensor({3, 4, kActions}, 4);
  rollout.advantage = normal_tensor({3, 4}, 5);
  rollout.value_target = normal_tensor({3, 4}, 6);
  return rollout;
}

}  // namespace

TEST_CASE("whitened features have the identity as covariance", "[learn]") {
  const Tensor features = mixed_features();
  const Whitening whitening = Whitening::fit(features, true);
  const Tensor whitened = whitening.apply(features).to(torch::kFloat64);
  CHECK(whitened.mean(0).abs().max().item<double>() < 1e-4);
  // A direction below the floor stays smaller; the rest count alike.
  const Tensor variances = std::get<0>(torch::linalg_eigh(torch::mm(whitened.t(), whitened) / kMoments));
  CHECK(variances.max().item<double>() == Approx(1.0).margin(1e-3));
  CHECK((variances > 0.99).sum().item<int>() >= 2);
  CHECK(max_difference(torch::mm(whitening.matrix, whitening.inverse), torch::eye(kFeatures)) < 1e-3);

  Tensor broken = features.clone();
  broken[7][1] = NAN;
  CHECK_THROWS_WITH(Whitening::fit(broken, true), ContainsSubstring("finite"));
}

TEST_CASE("what a gradient trains is the controller that plays", "[learn]") {
  const int hidden = GENERATE(0, 3);
  const bool bias = GENERATE(true, false);
  const Tensor features = mixed_features();
  const Whitening whitening = Whitening::fit(features, bias);
  ActorCritic actor_critic(ActorCriticConfig{kFeatures, kActions, hidden, bias}, 1);
  disturb(*actor_critic);
  const std::vector<double> parameters = actor_critic->controller(whitening);

  // The order of agent/controller.h, on features that are not whitened.
  std::size_t used = 0;
  const auto affine = [&](const Tensor& in, std::int64_t out) {
    const auto take = [&](std::int64_t rows, std::int64_t columns) {
      REQUIRE(used + static_cast<std::size_t>(rows * columns) <= parameters.size());
      Tensor part = torch::empty({rows, columns}, torch::kFloat64);
      std::copy_n(parameters.data() + used, part.numel(), part.data_ptr<double>());
      used += static_cast<std::size_t>(part.numel());
      return part;
    };
    const Tensor weight = take(out, in.size(1));
    const Tensor product = torch::mm(in, weight.t());
    return bias ? product + take(1, out) : product;
  };
  Tensor output = features.to(torch::kFloat64);
  output = hidden > 0 ? affine(affine(output, hidden).tanh(), kActions) : affine(output, kActions);
  CHECK(used == parameters.size());
  CHECK(max_difference(actor_critic->outputs(whitening.apply(features)), output) < 1e-3);

  ActorCritic again(ActorCriticConfig{kFeatures, kActions, hidden, bias}, 2);
  again->set_controller(parameters, whitening);
  CHECK(max_difference(again->outputs(whitening.apply(features)), actor_critic->outputs(whitening.apply(features))) <
        1e-3);
}

TEST_CASE("advantages are discounted sums of what came better than expected, within an episode", "[learn]") {
  const Tensor reward = normal_tensor({6, 2}, 1), values = normal_tensor({7, 2}, 2);
  const Tensor value = values.slice(0, 0, 6), next_value = values.slice(0, 1, 7);
  Tensor end = torch::zeros({6, 2}), cut = torch::zeros({6, 2});
  end[2][0] = cut[2][0] = 1.0f;  // the task ended
  cut[4][0] = 1.0f;              // the clock ran out
  constexpr double kDiscount = 0.9;
  const auto at = [](const Tensor& tensor, int t, int row) { return tensor[t][row].item<double>(); };
  SECTION("lambda 1: the return that came, and the critic's opinion of what was not seen, less that of the start") {
    const Tensor advantage = generalized_advantage(reward, value, next_value, end, cut, kDiscount, 1.0);
    for (int row = 0; row < 2; ++row) {
      for (int t = 0; t < 6; ++t) {
        double sum = 0.0, weight = 1.0;
        int last = t;
        for (;; ++last) {
          sum += weight * at(reward, last, row);
          weight *= kDiscount;
          if (last == 5 || at(cut, last, row) == 1.0) {
            break;
          }
        }
        sum += at(end, last, row) == 1.0 ? 0.0 : weight * at(values, last + 1, row);
        CHECK(at(advantage, t, row) == Approx(sum - at(value, t, row)).margin(1e-5));
      }
    }
  }
  SECTION("lambda 0: one step's surprise, where what follows counts as much as it was likely to follow") {
    end[3][1] = 0.25f;
    const Tensor advantage = generalized_advantage(reward, value, next_value, end, cut, kDiscount, 0.0);
    CHECK(at(advantage, 2, 0) == Approx(at(reward, 2, 0) - at(value, 2, 0)).margin(1e-5));
    CHECK(at(advantage, 2, 1) ==
          Approx(at(reward, 2, 1) + kDiscount * at(values, 3, 1) - at(value, 2, 1)).margin(1e-5));
    CHECK(at(advantage, 3, 1) ==
          Approx(at(reward, 3, 1) + 0.75 * kDiscount * at(values, 4, 1) - at(value, 3, 1)).margin(1e-5));
  }
  SECTION("over many draws of the end, its probability gives the mean that the draws give") {
    // One row a draw: three steps that end with probability 0.3 each, drawn.
    constexpr int kRows = 20000;
    constexpr double kLambda = 0.8, kEnd = 0.3;
    const auto rows_of = [](const Tensor& column) { return column.slice(0, 0, 3).expand({3, kRows}).contiguous(); };
    const Tensor r = rows_of(reward.slice(1, 0, 1)), v = rows_of(value.slice(1, 0, 1)),
                 n = rows_of(next_value.slice(1, 0, 1));
    const Tensor drawn = (uniform_tensor({3, kRows}, 5) < kEnd).to(torch::kFloat32);
    const Tensor by_draw = generalized_advantage(r, v, n, drawn, drawn, kDiscount, kLambda)[0],
                 by_probability =
                     generalized_advantage(r, v, n, torch::full({3, kRows}, kEnd), drawn, kDiscount, kLambda)[0];
    const double error = by_draw.std().item<double>() / std::sqrt(kRows);
    CHECK(std::abs((by_draw - by_probability).mean().item<double>()) < 4.0 * error);
    CHECK(by_probability.std().item<double>() < by_draw.std().item<double>());
  }
}

TEST_CASE("the policy's loss has the policy gradient", "[learn]") {
  constexpr double kDeviation = 0.5;
  ActorCritic actor_critic(ActorCriticConfig{kFeatures, kActions, 0, true}, 1);
  disturb(*actor_critic);
  const Rollout rollout = some_rollout(actor_critic);
  const PolicyGradientLoss loss = policy_gradient_loss(actor_critic, rollout, kDeviation, 0.2);
  const Tensor value = actor_critic->values(rollout.whitened.view({12, kFeatures}));
  // Nothing has moved: every ratio is 1.
  CHECK(loss.policy == Approx(-rollout.advantage.mean().item<double>()).epsilon(1e-5));
  CHECK(loss.value == Approx((value - rollout.value_target.view({12})).square().mean().item<double>()).epsilon(1e-5));
  CHECK(loss.total.item<double>() == Approx(loss.policy + loss.value).epsilon(1e-5));
  CHECK(loss.approximate_kl == Approx(0.0).margin(1e-9));
  CHECK(loss.clip_fraction == 0.0);
  loss.total.backward();
  // REINFORCE: the mean of advantage times the gradient of the log likelihood, (output - mean) / deviation^2.
  const Tensor score = (rollout.output - rollout.mean) / (kDeviation * kDeviation) * rollout.advantage.unsqueeze(2);
  const Tensor expected = -torch::mm(score.view({12, kActions}).t(), rollout.whitened.view({12, kFeatures})) / 12.0;
  CHECK(relative_difference(actor_critic->named_parameters()["output_weight"].grad(), expected) < 1e-5);
}

TEST_CASE("the policy's loss gives nothing for going further than the clip", "[learn]") {
  ActorCritic actor_critic(ActorCriticConfig{kFeatures, kActions, 0, true}, 1);
  Rollout rollout = some_rollout(actor_critic);
  rollout.advantage = torch::ones({3, 4});
  {
    torch::NoGradGuard no_grad;  // C has moved onto what was done: ratios are above 1
    rollout.mean = rollout.output + 1.0f;
    rollout.output = actor_critic->outputs(rollout.whitened.view({12, kFeatures})).view({3, 4, kActions});
  }
  const auto gradient = [&] {
    actor_critic->zero_grad();
    policy_gradient_loss(actor_critic, rollout, 0.5, 0.2).total.backward();
    return actor_critic->named_parameters()["output_weight"].grad().abs().max().item<double>();
  };
  {
    torch::NoGradGuard no_grad;
    rollout.output += 0.1f;  // not exactly onto it, where there is no gradient anyway
  }
  CHECK(gradient() == 0.0);
  rollout.advantage = -torch::ones({3, 4});  // the advantage is negative: C is drawn back
  CHECK(gradient() > 0.0);
}

TEST_CASE("how far C has moved is the divergence of what it would have done from what it does", "[learn]") {
  // Two normal distributions that are `kShift` apart: the divergence is half the square of the shift in deviations.
  constexpr double kDeviation = 0.5, kShift = 0.2;
  constexpr std::int64_t kMany = 40000;
  ActorCritic actor_critic(ActorCriticConfig{kFeatures, 1, 0, true}, 1);
  Rollout rollout;
  {
    torch::NoGradGuard no_grad;
    rollout.whitened = normal_tensor({kMany, 1, kFeatures}, 3);
    const Tensor mean = actor_critic->outputs(rollout.whitened.view({kMany, kFeatures})).view({kMany, 1, 1});
    rollout.mean = mean + kShift;
    rollout.output = rollout.mean + kDeviation * normal_tensor({kMany, 1, 1}, 4);
    rollout.advantage = rollout.value_target = torch::zeros({kMany, 1});
  }
  const double in_deviations = kShift / kDeviation;
  const PolicyGradientLoss loss = policy_gradient_loss(actor_critic, rollout, kDeviation, 0.2);
  CHECK(loss.approximate_kl == Approx(0.5 * in_deviations * in_deviations).epsilon(0.03));
  // log r is normal with mean -kl and deviation 0.4; r leaves 0.8 .. 1.2 where it leaves -0.2231 .. 0.1823.
  const auto below = [&](double x) { return 0.5 * std::erfc(-(x + 0.08) / in_deviations / std::sqrt(2.0)); };
  CHECK(loss.clip_fraction == Approx(1.0 - below(std::log(1.2)) + below(std::log(0.8))).margin(0.01));
}

TEST_CASE("every n-th step of a rollout", "[learn]") {
  ActorCritic actor_critic(ActorCriticConfig{kFeatures, kActions, 0, true}, 1);
  const Rollout rollout = some_rollout(actor_critic);
  const Rollout part = rollout.every(2, 1);
  CHECK(part.advantage.size(0) == 1);
  CHECK(max_difference(part.whitened[0], rollout.whitened[1]) == 0.0);
  CHECK(rollout.every(2, 0).advantage.size(0) == 2);
}
