#include "worldmodel/dream_environment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "env/error.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

// A function that returns what imagine() gives for some rows of one random batch, one row each.
std::function<torch::Tensor(std::span<const int>)> random_imagining(const WorldModel& model, int batch_size) {
  Rng rng(0);
  const auto normals = [&rng](torch::IntArrayRef shape) {
    torch::Tensor tensor = torch::empty(shape);
    rng.fill_normal({tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())});
    return tensor;
  };
  const WorldModelSpec& spec = model.spec();
  ModelState state = model.initial_state(batch_size);
  for (torch::Tensor& part : state.parts) {
    if (part.is_floating_point()) {
      part = part + normals(part.sizes());
    }
  }
  const torch::Tensor action = normals({batch_size, spec.action_size});
  const Noise noise{normals({batch_size, spec.imagine_normals}),
                    torch::sigmoid(normals({batch_size, spec.imagine_uniforms}))};
  return [&model, state, action, noise](std::span<const int> rows) {
    const Imagined next = model.imagine(gather(state, rows), gather(action, rows), 1.0f, gather(noise, rows));
    return torch::cat({model.features(next.state), next.reward.unsqueeze(1), next.terminated_logit.unsqueeze(1)}, 1);
  };
}

}  // namespace

DreamEnvironment::DreamEnvironment(const WorldModel& model, const StartStates& starts, const DreamConfig& config,
                                   std::vector<float> action_low, std::vector<float> action_high, int batch_size,
                                   ActionKind actions)
    : DreamEnvironment(model, starts, config, std::move(action_low), std::move(action_high),
                       try_rows(model, batch_size), actions) {}

DreamEnvironment::DreamEnvironment(const WorldModel& model, const StartStates& starts, const DreamConfig& config,
                                   std::vector<float> action_low, std::vector<float> action_high, RowSubset subset,
                                   ActionKind actions)
    : model_(model),
      starts_(starts),
      config_(config),
      subset_(std::move(subset)),
      state_(model.initial_state(subset_.batch_size())) {
  const int batch_size = subset_.batch_size();
  starts.check(config.starts);
  const WorldModelSpec& spec = model.spec();
  REVERIE_CHECK(static_cast<int>(action_low.size()), ==, spec.action_size);
  spec_.batch_size = batch_size;
  spec_.observation_shape = {spec.feature_size};
  spec_.actions = actions;
  spec_.action_low = std::move(action_low);
  spec_.action_high = std::move(action_high);
  spec_.max_episode_steps = config.horizon;
  const std::size_t batch = static_cast<std::size_t>(batch_size);
  rng_.assign(batch, Rng(0));
  steps_.assign(batch, 0);
  stretch_reward_.assign(batch, 0.0);
  reward_.assign(batch, 0.0f);
  end_probability_.assign(batch, 0.0f);
  terminated_.assign(batch, 0);
  truncated_.assign(batch, 1);
  features_ = contiguous_features(model, state_);
  noise_.normals = torch::zeros({batch_size, spec.imagine_normals});
  noise_.uniforms = torch::zeros({batch_size, spec.imagine_uniforms + 1});  // the last one is for the end
}

RowSubset DreamEnvironment::try_rows(const WorldModel& model, int batch_size) {
  return RowSubset(batch_size, random_imagining(model, batch_size));
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
    reward_[row] = end_probability_[row] = 0.0f;
    terminated_[row] = truncated_[row] = 0;
  }
  scatter(state_, rows, model_.begin_dream(from, begin));
  features_ = contiguous_features(model_, state_);
}

void DreamEnvironment::step(std::span<const float> action) {
  torch::NoGradGuard no_grad;
  const int batch = spec_.batch_size;
  REVERIE_CHECK(action.size(), ==, static_cast<std::size_t>(batch) * spec_.action_low.size());
  torch::Tensor act = torch::empty({batch, spec_.action_size()});
  std::copy(action.begin(), action.end(), act.data_ptr<float>());
  std::vector<int> live_rows;
  for (int row = 0; row < batch; ++row) {
    if (live(row)) {
      fill_noise_row(noise_, row, rng_[static_cast<std::size_t>(row)]);
      live_rows.push_back(row);
    } else {
      act[row].zero_();  // a finished row's action is ignored, but a NaN in it must not spread
    }
  }
  std::fill(reward_.begin(), reward_.end(), 0.0f);
  std::fill(end_probability_.begin(), end_probability_.end(), 0.0f);
  if (live_rows.empty()) {
    return;
  }
  const int uniforms = model_.spec().imagine_uniforms;
  const float temperature = static_cast<float>(config_.temperature);
  const Noise noise{noise_.normals, noise_.uniforms.slice(1, 0, uniforms).contiguous()};
  const std::vector<int> rows = subset_.covering(live_rows);
  const bool whole_batch = static_cast<int>(rows.size()) == batch;
  Imagined next = whole_batch
                      ? model_.imagine(state_, act, temperature, noise)
                      : model_.imagine(gather(state_, rows), gather(act, rows), temperature, gather(noise, rows));
  // Where in `next` each live row is.
  std::vector<int> places = live_rows;
  if (!whole_batch) {
    std::iota(places.begin(), places.end(), 0);
  }
  if (static_cast<int>(live_rows.size()) == batch) {
    state_ = std::move(next.state);
    features_ = contiguous_features(model_, state_);
  } else {
    const ModelState live_state = gather(next.state, places);
    scatter(state_, live_rows, live_state);
    features_.index_copy_(0, to_index(live_rows), contiguous_features(model_, live_state));
  }

  REVERIE_CHECK(next.reward.scalar_type(), ==, torch::kFloat32);
  REVERIE_CHECK(next.terminated_logit.scalar_type(), ==, torch::kFloat32);
  const torch::Tensor reward = next.reward.contiguous();
  const torch::Tensor logits = next.terminated_logit.contiguous();
  for (std::size_t i = 0; i < live_rows.size(); ++i) {
    const std::size_t row = static_cast<std::size_t>(live_rows[i]);
    ++steps_[row];
    const float paid =
        config_.reward == DreamReward::constant ? config_.constant_reward : reward.data_ptr<float>()[places[i]];
    const float logit = logits.data_ptr<float>()[places[i]];
    if (!std::isfinite(paid) || !std::isfinite(logit)) {
      throw Error(ErrorKind::other,
                  str("dream: step ", steps_[row],
                      ": expected a finite reward and end logit from the world model, found ", paid, " and ", logit));
    }
    const CappedReward counted = capped_reward(config_.pay_cap, steps_[row] - 1, paid, stretch_reward_[row]);
    reward_[row] = counted.reward;
    stretch_reward_[row] = counted.stretch;
    const float draw = noise_.uniforms.data_ptr<float>()[live_rows[i] * (uniforms + 1) + uniforms];
    end_probability_[row] = probability_of_end(logit);
    terminated_[row] = draw < end_probability_[row];
    truncated_[row] = !terminated_[row] && steps_[row] >= spec_.max_episode_steps;
  }
}

float DreamEnvironment::probability_of_end(float logit) const {
  switch (config_.end) {
    case DreamEnd::threshold:
      return logit > 0.0f ? 1.0f : 0.0f;
    case DreamEnd::sample:
      return 1.0f / (1.0f + std::exp(-logit));
    case DreamEnd::never:
      break;
  }
  return 0.0f;
}

}  // namespace reverie
