#include "worldmodel/pay_cap.h"

#include <vector>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

TEST_CASE("the cap on whole dreams is the cap step by step", "[worldmodel]") {
  const int window = GENERATE(0, 1, 3, 7, 20, 1000000);  // 20 steps: whole stretches, a last one cut short, one alone
  const double max_reward = GENERATE(-0.5, 0.0, 1.5);
  const PayCapConfig config = {window, max_reward, 0.75};
  constexpr int kSteps = 20, kRows = 9;
  const Tensor rewards = normal_tensor({kSteps, kRows}, 1) + 0.3f;
  const Tensor capped = capped_rewards(config, rewards);
  REQUIRE(capped.sizes() == rewards.sizes());
  CHECK(capped.scalar_type() == torch::kFloat32);
  for (int row = 0; row < kRows; ++row) {
    double stretch = 1e9;  // of no step before
    for (int step = 0; step < kSteps; ++step) {
      const CappedReward counted = capped_reward(config, step, rewards[step][row].item<float>(), stretch);
      stretch = counted.stretch;
      CHECK(capped[step][row].item<float>() == counted.reward);
    }
  }
  CHECK(torch::equal(capped, rewards) == (window == 0));
  CHECK(capped_rewards(config, torch::zeros({0, 4})).size(0) == 0);
}

TEST_CASE("the cap lets the gradient through", "[worldmodel]") {
  const PayCapConfig config = {4, 0.85, 0.5};
  constexpr int kSteps = 10, kRows = 3;
  const Tensor weights = normal_tensor({kSteps, kRows}, 2);
  // Multiples of 0.1: no stretch's sum is near the limit, where the function has a kink.
  const Tensor rewards = ((normal_tensor({kSteps, kRows}, 3) * 10.0 + 2.0).round() * 0.1).requires_grad_(true);
  (capped_rewards(config, rewards) * weights).sum().backward();
  constexpr float kStep = 1e-2f;
  int above = 0;
  for (int step = 0; step < kSteps; ++step) {
    for (int row = 0; row < kRows; ++row) {
      const auto moved = [&](float by) {
        Tensor other = rewards.detach().clone();
        other[step][row] += by;
        return (capped_rewards(config, other) * weights).to(torch::kFloat64).sum().item<double>();
      };
      const double expected = (moved(kStep) - moved(-kStep)) / (2.0 * kStep);
      CHECK(rewards.grad()[step][row].item<double>() == Approx(expected).margin(2e-4));
      above += capped_rewards(config, rewards)[step][row].item<float>() != rewards[step][row].item<float>();
    }
  }
  CHECK(above > 2);  // the limit was met
}

TEST_CASE("at the limit itself a reward still counts", "[worldmodel]") {
  const Tensor rewards = torch::tensor({{0.5f}, {0.5f}}).requires_grad_(true);
  capped_rewards({2, 1.0, 0.5}, rewards).sum().backward();
  CHECK(torch::equal(rewards.grad(), torch::ones({2, 1})));
}

TEST_CASE("a cap out of range is refused", "[worldmodel]") {
  CHECK(message_of<Error>([] {
          check_config(PayCapConfig{-1, 0.0, 0.0});
        }) == "window: expected 0 to 1000000, found -1");
}
