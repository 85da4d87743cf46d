#include "worldmodel/dream_environment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "env/error.h"
#include "worldmodel/row_noise.h"

namespace reverie {

void PayCapConfig::validate() const {
  check_range("dream.pay_cap.window", window, 0, 1000000);
  check_range("dream.pay_cap.max_reward", max_reward, -1e9, 1e9);
  check_range("dream.pay_cap.penalty", penalty, 0.0, 1e6);
}

void DreamConfig::validate() const {
  check_range("dream.temperature", temperature, 0.01, 100.0);
  check_range("dream.horizon", horizon, 1, 1000000);
  starts.validate();
  pay_cap.validate();
}

DreamEnvironment::DreamEnvironment(const WorldModel& model, const StartStates& starts, const DreamConfig& config,
                                   std::vector<float> action_low, std::vector<float> action_high, int batch_size)
    : model_(model), starts_(starts), config_(config), state_(model.initial_state(batch_size)) {
  starts.check(config.starts);
  const WorldModelSpec& spec = model.spec();
  REVERIE_CHECK(static_cast<int>(action_low.size()), ==, spec.action_size);
  spec_.batch_size = batch_size;
  spec_.observation_shape = {spec.feature_size};
  spec_.action_low = std::move(action_low);
  spec_.action_high = std::move(action_high);
  spec_.max_episode_steps = config.horizon;
  const std::size_t batch = static_cast<std::size_t>(batch_size);
  rng_.assign(batch, Rng(0));
  steps_.assign(batch, 0);
  stretch_reward_.assign(batch, 0.0);
  reward_.assign(batch, 0.0f);
  terminated_.assign(batch, 0);
  truncated_.assign(batch, 1);
  features_ = model.features(state_);
  noise_.normals = torch::zeros({batch_size, spec.imagine_normals});
  noise_.uniforms = torch::zeros({batch_size, spec.imagine_uniforms + 1});  // the last one is for the end
}

std::span<const float> DreamEnvironment::observation() const {
  return {features_.data_ptr<float>(), static_cast<std::size_t>(features_.numel())};
}

void DreamEnvironment::reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) {
  std::vector<int> chosen;
  for (const std::uint64_t seed : seeds) {
    Rng rng(derive_seed(seed, Stream::start_state));
    chosen.push_back(starts_.choose(config_.starts, rng));
  }
  start(rows, gather(starts_.states, chosen), seeds);
}

void DreamEnvironment::start(std::span<const int> rows, const ModelState& from, std::span<const std::uint64_t> seeds) {
  REVERIE_CHECK(rows.size(), ==, seeds.size());
  if (rows.empty()) {
    return;
  }
  torch::NoGradGuard no_grad;
  const WorldModelSpec& spec = model_.spec();
  Noise begin = make_noise(static_cast<int>(rows.size()), spec.begin_dream_normals, spec.begin_dream_uniforms);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t row = static_cast<std::size_t>(rows[i]);
    rng_[row] = Rng(derive_seed(seeds[i], Stream::dream_noise));
    fill_noise_row(begin, static_cast<int>(i), rng_[row]);
    steps_[row] = 0;
    stretch_reward_[row] = 0.0;
    reward_[row] = 0.0f;
    terminated_[row] = truncated_[row] = 0;
  }
  scatter(state_, rows, model_.begin_dream(from, begin));
  features_ = model_.features(state_);
}

void DreamEnvironment::step(std::span<const float> action) {
  torch::NoGradGuard no_grad;
  const int batch = spec_.batch_size;
  REVERIE_CHECK(action.size(), ==, static_cast<std::size_t>(batch) * spec_.action_low.size());
  torch::Tensor act = torch::empty({batch, spec_.action_size()});
  std::copy(action.begin(), action.end(), act.data_ptr<float>());
  std::vector<int> finished;
  for (int row = 0; row < batch; ++row) {
    if (live(row)) {
      fill_noise_row(noise_, row, rng_[static_cast<std::size_t>(row)]);
    } else {
      finished.push_back(row);
      act[row].zero_();  // whatever it holds, it must not turn into NaN
    }
  }
  if (static_cast<int>(finished.size()) == batch) {
    std::fill(reward_.begin(), reward_.end(), 0.0f);
    return;
  }
  const int uniforms = model_.spec().imagine_uniforms;
  Imagined next = model_.imagine(state_, act, static_cast<float>(config_.temperature),
                                 {noise_.normals, noise_.uniforms.slice(1, 0, uniforms).contiguous()});
  if (!finished.empty()) {
    scatter(next.state, finished, gather(state_, finished));
  }
  state_ = std::move(next.state);
  features_ = model_.features(state_);

  const torch::Tensor reward = next.reward.contiguous();
  const torch::Tensor logits = next.terminated_logit.contiguous();
  for (std::size_t row = 0; row < reward_.size(); ++row) {
    if (terminated_[row] || truncated_[row]) {
      reward_[row] = 0.0f;
      continue;
    }
    ++steps_[row];
    const float paid = config_.reward == DreamReward::constant ? 1.0f : reward.data_ptr<float>()[row];
    const float logit = logits.data_ptr<float>()[row];
    if (!std::isfinite(paid) || !std::isfinite(logit)) {
      throw Error(ErrorKind::other,
                  str("dream: the world model gave reward ", paid, " and end logit ", logit, " at step ", steps_[row]));
    }
    reward_[row] = count_reward(row, paid);
    const float draw = noise_.uniforms.data_ptr<float>()[static_cast<std::int64_t>(row) * (uniforms + 1) + uniforms];
    terminated_[row] = config_.end == DreamEnd::threshold ? logit > 0.0f
                       : config_.end == DreamEnd::sample  ? draw < 1.0f / (1.0f + std::exp(-logit))
                                                          : false;
    truncated_[row] = !terminated_[row] && steps_[row] >= spec_.max_episode_steps;
  }
}

float DreamEnvironment::count_reward(std::size_t row, float reward) {
  const PayCapConfig& cap = config_.pay_cap;
  if (cap.window == 0) {
    return reward;
  }
  const auto counted = [&cap](double sum) {
    return std::min(sum, cap.max_reward) - cap.penalty * std::max(sum - cap.max_reward, 0.0);
  };
  if ((steps_[row] - 1) % cap.window == 0) {
    stretch_reward_[row] = 0.0;
  }
  const double before = counted(stretch_reward_[row]);
  stretch_reward_[row] += reward;
  return static_cast<float>(counted(stretch_reward_[row]) - before);
}

}  // namespace reverie
