#include "worldmodel/vae_mdn_rnn/flow_head.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "env/error.h"
#include "worldmodel/nn/elementwise.h"

namespace reverie {

using torch::Tensor;

void FlowConfig::validate() const {
  check_ranges(*this);
  if (!std::has_single_bit(static_cast<unsigned>(steps))) {
    throw Error(ErrorKind::config, str("steps: expected a power of 2, found ", steps));
  }
}

FlowHeadImpl::FlowHeadImpl(int latent_size, std::int64_t inputs, const FlowConfig& config, ParameterMaker& make)
    : config_(config), latent_size_(latent_size) {
  const std::int64_t width = config.width, entering = latent_size + inputs + kFeatures;
  condition = register_parameter("condition", make.glorot({inputs, width}, entering, width));
  input = register_parameter("input", make.glorot({latent_size, width}, entering, width));
  level = register_parameter("level", make.glorot({kFeatures, width}, entering, width));
  for (int layer = 0; layer < config.layers; ++layer) {
    if (layer > 0) {
      hidden.push_back(register_parameter("hidden" + std::to_string(layer), make.glorot({width, width}, width, width)));
    }
    bias.push_back(register_parameter("bias" + std::to_string(layer), make.zeros({width})));
  }
  output = register_parameter("output", make.glorot({width, latent_size}, width, latent_size));
  output_bias = register_parameter("output_bias", make.zeros({latent_size}));
  // Parameters that nothing trains: unlike buffers they reach whoever computes a part of a batch.
  deviation = register_parameter("deviation", torch::ones({latent_size}), false);
  spread = register_parameter("spread", torch::ones({1}), false);
}

Tensor FlowHeadImpl::level_features(const Tensor& t, const Tensor& d) {
  const Tensor waves = torch::arange(1, kWaves + 1, torch::kFloat32) * std::numbers::pi_v<float>;
  const Tensor angles = t.unsqueeze(1) * waves;
  const Tensor halvings = torch::round(-torch::log2(d)).to(torch::kInt64);  // d = 2^-halvings
  return torch::cat({torch::cos(angles), torch::sin(angles), torch::one_hot(halvings, kLengths).to(torch::kFloat32)},
                    1);
}

Tensor FlowHeadImpl::features_of_step(int step) const {
  const float length = 1.0f / static_cast<float>(config_.steps);
  // Without shortcut steps the network knows plain ones alone.
  const float told = config_.shortcut_share > 0.0 ? length : 1.0f / kFinestFlowSteps;
  return level_features(torch::full({1}, static_cast<float>(step) * length), torch::full({1}, told));
}

Noise FlowHeadImpl::draw_noise(std::int64_t rows, std::uint64_t seed) const {
  const std::int64_t count = rows * config_.noise_levels;
  Noise noise{torch::empty({count, latent_size_}), torch::empty({count, 2})};
  Rng rng(seed);
  rng.fill_normal({noise.normals.data_ptr<float>(), static_cast<std::size_t>(noise.normals.numel())});
  rng.fill_uniform({noise.uniforms.data_ptr<float>(), static_cast<std::size_t>(noise.uniforms.numel())});
  return noise;
}

Tensor FlowHeadImpl::velocity(const Tensor& x, const Tensor& features, const Tensor& condition_of,
                              torch::ScalarType type) const {
  Tensor units = matmul(x, input, type) + condition_of + torch::mm(features, level) + bias[0];
  for (std::size_t layer = 0; layer < hidden.size(); ++layer) {
    units = matmul(torch::silu(units), hidden[layer], type) + bias[layer + 1];
  }
  return matmul(torch::silu(units), output, type) + output_bias;
}

Tensor FlowHeadImpl::loss(const Tensor& states, const Tensor& change, const Noise& noise,
                          torch::ScalarType type) const {
  const std::int64_t count = states.size(0) * config_.noise_levels;
  REVERIE_CHECK(noise.normals.size(0), ==, count);
  const std::int64_t longer =
      static_cast<std::int64_t>(std::llround(config_.shortcut_share * static_cast<double>(count)));
  const Tensor y = (change / deviation).repeat({config_.noise_levels, 1});
  const Tensor condition_of = matmul(states, condition, type).repeat({config_.noise_levels, 1});
  // The first rows learn a step of length 1, 1/2, ... 1/32, the others a plain one; t is a multiple of the length.
  Tensor d = torch::full({count}, 1.0f / kFinestFlowSteps);
  if (longer > 0) {
    const Tensor halvings = torch::floor(noise.uniforms.slice(0, 0, longer).select(1, 0) * (kLengths - 1));
    d.slice(0, 0, longer).copy_(torch::exp2(-halvings));
  }
  const Tensor t = torch::floor(noise.uniforms.select(1, 1) / d) * d;
  const Tensor at = t.unsqueeze(1);
  const Tensor x = (1.0f - at) * noise.normals + at * y;
  Tensor target = y - noise.normals;
  if (longer > 0) {
    torch::NoGradGuard no_grad;
    const auto of_longer = [longer](const Tensor& tensor) { return tensor.slice(0, 0, longer); };
    const Tensor half = 0.5f * of_longer(d), begin = of_longer(t);
    const Tensor one = velocity(of_longer(x), level_features(begin, half), of_longer(condition_of), type);
    const Tensor between = of_longer(x) + half.unsqueeze(1) * one;
    const Tensor two = velocity(between, level_features(begin + half, half), of_longer(condition_of), type);
    target = torch::cat({0.5f * (one + two), target.slice(0, longer)}, 0);
  }
  return (velocity(x, level_features(t, d), condition_of, type) - target).square().mean();
}

Tensor FlowHeadImpl::draw(const Tensor& states, const Tensor& normals, float temperature) const {
  const Tensor condition_of = torch::mm(states, condition);
  const Tensor begin = normals * (spread.item<float>() * std::sqrt(temperature));
  return deviation * follow_flow(begin, config_.steps, [&](const Tensor& x, int step) {
           return velocity(x, features_of_step(step), condition_of, torch::kFloat32);
         });
}

FlowSampler::FlowSampler(const FlowHeadImpl& head, torch::ScalarType type)
    : steps_(head.config().steps),
      condition_(head.condition, {}, type),
      input_(head.input, {}, type),
      output_(head.output, head.output_bias, type),
      deviation_(head.deviation.clone()),
      spread_(head.spread.item<float>()) {
  for (std::size_t layer = 0; layer < head.hidden.size(); ++layer) {
    hidden_.emplace_back(head.hidden[layer], head.bias[layer + 1], type);
  }
  for (int step = 0; step < steps_; ++step) {
    first_bias_.push_back(torch::mm(head.features_of_step(step), head.level).squeeze(0) + head.bias[0]);
  }
}

Tensor FlowSampler::draw(const Tensor& states, const Tensor& normals, float temperature) const {
  const Tensor condition_of = condition_(states);
  const Tensor begin = normals * (spread_ * std::sqrt(temperature));
  return deviation_ * follow_flow(begin, steps_, [&](const Tensor& x, int step) {
           Tensor units = input_(x.contiguous()).add_(condition_of).add_(first_bias_[static_cast<std::size_t>(step)]);
           for (const FrozenLinear& layer : hidden_) {
             units = layer(elementwise::silu(units));
           }
           return output_(elementwise::silu(units));
         });
}

}  // namespace reverie
