#include "agent/learn/actor_critic.h"

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

// Of the mean variance, so that directions that hardly vary are not amplified without limit.
constexpr double kVarianceFloor = 0.01;

Tensor to_double(std::span<const double> values) {
  return torch::tensor(at::ArrayRef<double>(values.data(), values.size()), torch::kFloat64);
}

}  // namespace

Whitening Whitening::fit(const Tensor& features, bool centred) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(features.size(0), >=, 2);
  const Tensor all = features.to(torch::kFloat64);
  if (!torch::isfinite(all).all().item<bool>()) {
    throw Error(ErrorKind::data, "whitening: expected finite features");
  }
  const Tensor mean = all.mean(0);
  const Tensor apart = all - mean;
  const auto [variances, axes] =
      torch::linalg_eigh(torch::mm(apart.t(), apart) / static_cast<double>(features.size(0)));
  const double floor = kVarianceFloor * variances.mean().item<double>() + 1e-12;
  const Tensor deviations = variances.clamp_min(floor).sqrt();
  return {(centred ? mean : torch::zeros_like(mean)).to(torch::kFloat32),
          torch::mm(axes / deviations, axes.t()).to(torch::kFloat32),
          torch::mm(axes * deviations, axes.t()).to(torch::kFloat32)};
}

ActorCriticImpl::ActorCriticImpl(const ActorCriticConfig& config, std::uint64_t seed) : config_(config) {
  Rng rng(derive_seed(seed, Stream::controller_init));
  const std::int64_t features = config.feature_size, actions = config.action_size, hidden = config.hidden_size;
  if (hidden > 0) {
    hidden_weight = register_parameter("hidden_weight", glorot_uniform({hidden, features}, features, hidden, rng));
    hidden_bias = config.bias ? register_parameter("hidden_bias", torch::zeros({hidden})) : Tensor();
  }
  output_weight = register_parameter("output_weight", torch::zeros({actions, hidden > 0 ? hidden : features}));
  output_bias = config.bias ? register_parameter("output_bias", torch::zeros({actions})) : Tensor();
  const auto layer = [&](const std::string& name, std::int64_t in, std::int64_t out, Tensor& weight, Tensor& bias) {
    weight = register_parameter("critic_weight_" + name, glorot_uniform({in, out}, in, out, rng));
    bias = register_parameter("critic_bias_" + name, torch::zeros({out}));
  };
  layer("1", features, config.critic_size, critic_.weight_1, critic_.bias_1);
  layer("2", config.critic_size, config.critic_size, critic_.weight_2, critic_.bias_2);
  layer("3", config.critic_size, config.critic_outputs, critic_.weight_3, critic_.bias_3);
  if (config.learns_deviation) {
    log_deviation = register_parameter("log_deviation", torch::zeros({actions}));
  }
}

Tensor CriticWeights::operator()(const Tensor& whitened) const {
  const Tensor first = (torch::mm(whitened, weight_1) + bias_1).tanh();
  const Tensor second = (torch::mm(first, weight_2) + bias_2).tanh();
  return torch::mm(second, weight_3) + bias_3;
}

CriticWeights CriticWeights::detached() const {
  return {weight_1.detach(), bias_1.detach(), weight_2.detach(), bias_2.detach(), weight_3.detach(), bias_3.detach()};
}

CriticWeights CriticWeights::copy() const {
  torch::NoGradGuard no_grad;
  return {weight_1.clone(), bias_1.clone(), weight_2.clone(), bias_2.clone(), weight_3.clone(), bias_3.clone()};
}

Tensor ActorCriticImpl::outputs(const Tensor& whitened) const {
  const auto affine = [](const Tensor& in, const Tensor& weight, const Tensor& bias) {
    const Tensor out = torch::mm(in, weight.t());
    return bias.defined() ? out + bias : out;
  };
  return config_.hidden_size > 0
             ? affine(affine(whitened, hidden_weight, hidden_bias).tanh(), output_weight, output_bias)
             : affine(whitened, output_weight, output_bias);
}

Tensor ActorCriticImpl::values(const Tensor& whitened) const {
  return critic_(whitened).squeeze(1);
}

// u = v (f - m) M + b is u = w f + c with w = v M and c = b - w m; and back, v = w M^-1 and b = c + w m.
std::vector<double> ActorCriticImpl::controller(const Whitening& whitening) const {
  torch::NoGradGuard no_grad;
  const Tensor weight = torch::mm(first_weights(), whitening.matrix);
  const Tensor at_mean = torch::mv(weight, whitening.mean);
  const bool deep = config_.hidden_size > 0;
  std::vector<Tensor> parts = {weight};
  if (config_.bias) {
    parts.push_back((deep ? hidden_bias : output_bias) - at_mean);
  }
  if (deep) {
    parts.push_back(output_weight);
    if (config_.bias) {
      parts.push_back(output_bias);
    }
  }
  std::vector<double> parameters;
  for (const Tensor& part : parts) {
    const Tensor values = part.to(torch::kFloat64).contiguous();
    parameters.insert(parameters.end(), values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  }
  return parameters;
}

void ActorCriticImpl::set_controller(std::span<const double> parameters, const Whitening& whitening) {
  torch::NoGradGuard no_grad;
  std::size_t used = 0;
  const auto take = [&](Tensor& into) {
    const auto size = static_cast<std::size_t>(into.numel());
    REVERIE_CHECK(used + size, <=, parameters.size());
    into.copy_(to_double(parameters.subspan(used, size)).view(into.sizes()));
    used += size;
  };
  Tensor weight = torch::empty_like(first_weights());
  take(weight);
  first_weights().copy_(torch::mm(weight, whitening.inverse));
  if (config_.bias) {
    Tensor& bias = config_.hidden_size > 0 ? hidden_bias : output_bias;
    take(bias);
    bias.add_(torch::mv(weight, whitening.mean));
  }
  if (config_.hidden_size > 0) {
    take(output_weight);
    if (config_.bias) {
      take(output_bias);
    }
  }
  REVERIE_CHECK(used, ==, parameters.size());
}

Rollout Rollout::every(std::int64_t stride, std::int64_t first) const {
  const auto steps = [&](const Tensor& tensor) { return tensor.slice(0, first, tensor.size(0), stride); };
  return {steps(whitened), steps(output), steps(mean), steps(advantage), steps(value_target), discrete};
}

Tensor generalized_advantage(const Tensor& reward, const Tensor& value, const Tensor& next_value, const Tensor& end,
                             const Tensor& cut, double discount, double lambda) {
  REVERIE_CHECK(value.sizes(), ==, reward.sizes());
  Tensor advantage = torch::empty_like(reward);
  Tensor later = torch::zeros({reward.size(1)});
  for (std::int64_t t = reward.size(0) - 1; t >= 0; --t) {
    later =
        reward[t] + discount * (1.0f - end[t]) * next_value[t] - value[t] + discount * lambda * (1.0f - cut[t]) * later;
    advantage[t] = later;
  }
  return advantage;
}

PolicyGradientLoss policy_gradient_loss(const ActorCritic& actor_critic, const Rollout& rollout, double deviation,
                                        double clip) {
  const std::int64_t steps = rollout.advantage.numel();
  const Tensor whitened = rollout.whitened.reshape({steps, -1});
  const Tensor output = rollout.output.reshape({steps, -1});
  const Tensor mean = rollout.mean.reshape({steps, -1}), now = actor_critic->outputs(whitened);
  Tensor log_ratio;
  if (rollout.discrete) {
    const auto log_probability = [&](const Tensor& scores) {
      return (torch::log_softmax(scores / deviation, 1) * output).sum(1);
    };
    log_ratio = log_probability(now) - log_probability(mean);
  } else {
    const Tensor before = (output - mean).square(), after = (output - now).square();
    log_ratio = (before - after).sum(1) / (2.0 * deviation * deviation);
  }
  const Tensor ratio = log_ratio.exp();
  const Tensor advantage = rollout.advantage.reshape({steps});
  const Tensor gain = torch::min(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage);
  const Tensor error = actor_critic->values(whitened) - rollout.value_target.reshape({steps});
  const Tensor value_loss = error.square().mean(), mean_gain = gain.mean();
  PolicyGradientLoss loss;
  loss.total = value_loss - mean_gain;
  torch::NoGradGuard no_grad;
  loss.policy = -mean_gain.item<double>();
  loss.value = value_loss.item<double>();
  const Tensor precise = log_ratio.to(torch::kFloat64);
  loss.approximate_kl = (precise.expm1() - precise).mean().item<double>();
  loss.clip_fraction = ((ratio - 1.0).abs() > clip).to(torch::kFloat64).mean().item<double>();
  return loss;
}

}  // namespace reverie
