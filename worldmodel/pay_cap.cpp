#include "worldmodel/pay_cap.h"

#include <algorithm>

#include "env/error.h"

namespace reverie {
namespace {

double counted(const PayCapConfig& config, double sum) {
  const double limit = config.max_reward;
  return std::min(sum, limit) - config.penalty * std::max(sum - limit, 0.0);
}

}  // namespace

PayCapConfig pay_cap_of(const PayCapConfig& config, int steps) {
  PayCapConfig fitted = config;
  if (steps < config.window) {
    fitted.window = steps;
    fitted.max_reward = config.max_reward * steps / config.window;
  }
  return fitted;
}

CappedReward capped_reward(const PayCapConfig& config, int step, float reward, double stretch) {
  if (config.window == 0) {
    return {reward, 0.0};
  }
  const double before = step % config.window == 0 ? 0.0 : stretch;
  const double after = before + static_cast<double>(reward);
  return {static_cast<float>(counted(config, after) - counted(config, before)), after};
}

torch::Tensor capped_rewards(const PayCapConfig& config, const torch::Tensor& rewards) {
  REVERIE_CHECK(rewards.dim(), ==, 2);
  if (config.window == 0 || rewards.size(0) == 0) {
    return rewards;
  }
  const std::int64_t steps = rewards.size(0), rows = rewards.size(1);
  const std::int64_t window = std::min<std::int64_t>(config.window, steps);
  const std::int64_t stretches = (steps + window - 1) / window;
  const torch::Tensor none = torch::zeros({stretches * window - steps, rows}, torch::kFloat64);
  const torch::Tensor after = torch::cat({rewards.to(torch::kFloat64), none}).view({stretches, window, rows}).cumsum(1);
  const torch::Tensor before =
      torch::cat({torch::zeros({stretches, 1, rows}, torch::kFloat64), after.slice(1, 0, window - 1)}, 1);
  const auto counted_sums = [&config](const torch::Tensor& sum) {
    const double limit = config.max_reward;
    return sum.clamp_max(limit) - config.penalty * (sum - limit).relu();
  };
  return (counted_sums(after) - counted_sums(before))
      .view({stretches * window, rows})
      .slice(0, 0, steps)
      .to(torch::kFloat32);
}

}  // namespace reverie
