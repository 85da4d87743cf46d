#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "env/error.h"
#include "worldmodel/nn/kernels.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

enum Part : std::size_t { kLatent, kHidden, kCell };

MdnRnn frozen_copy(const MdnRnn& mdn_rnn) {
  torch::NoGradGuard no_grad;
  MdnRnn copy(mdn_rnn->latent_size(), mdn_rnn->action_size(), mdn_rnn->config(), 0);
  const auto from = mdn_rnn->named_parameters();
  for (auto& parameter : copy->named_parameters()) {
    parameter.value().copy_(from[parameter.key()]);
    parameter.value().set_requires_grad(false);
  }
  const auto numbers = mdn_rnn->named_buffers();
  for (auto& buffer : copy->named_buffers()) {
    buffer.value().copy_(numbers[buffer.key()]);
  }
  return copy;
}

bool wants_gradient(const ModelState& state) {
  return torch::GradMode::is_enabled() &&
         std::any_of(state.parts.begin(), state.parts.end(), [](const Tensor& part) { return part.requires_grad(); });
}

}  // namespace

int feature_size(Features features, int latent_size, int hidden_size) {
  switch (features) {
    case Features::z:
      return latent_size;
    case Features::zh:
    case Features::zh_now:
      return latent_size + hidden_size;
    case Features::zch:
      break;
  }
  return latent_size + 2 * hidden_size;
}

VaeMdnRnn::VaeMdnRnn(const Vae& vae, const MdnRnn& mdn_rnn, const VaeMdnRnnConfig& config, Precision precision)
    : config_(config), vae_(vae, compute_type(precision)), mdn_rnn_(frozen_copy(mdn_rnn)) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(vae->config().latent_size, ==, mdn_rnn->latent_size());
  const int latent = mdn_rnn->latent_size();
  const int hidden = mdn_rnn->config().hidden_size;
  spec_.action_size = mdn_rnn->action_size();
  spec_.frame_height = spec_.frame_width = kFrameSize;
  spec_.feature_size = feature_size(config.features, latent, hidden);
  spec_.observe_normals = latent;
  spec_.imagine_normals = latent;
  spec_.imagine_uniforms = mdn_rnn_->is_mixture() ? mdn_rnn_->mixture_shape().choices() : 0;

  const torch::ScalarType type = compute_type(precision);
  if (mdn_rnn_->transformer) {
    transformer_ = TransformerStep(*mdn_rnn_->transformer, type);
  } else {
    gates_ = FrozenLinear(torch::cat({mdn_rnn_->lstm_input, mdn_rnn_->lstm_hidden}, 0), {}, type);
  }
  if (mdn_rnn_->flow) {
    flow_ = FlowSampler(*mdn_rnn_->flow, type);
  }
  const auto or_zeros = [](const Tensor& tensor, torch::IntArrayRef shape) {
    return tensor.defined() ? tensor : torch::zeros(shape);
  };
  const std::int64_t inputs = mdn_rnn_->head_inputs();
  if (mdn_rnn_->head_weight.defined()) {
    head_ = FrozenLinear(mdn_rnn_->head_weight, mdn_rnn_->head_bias, type);
  }
  output_weight_ =
      torch::cat({or_zeros(mdn_rnn_->mixture_weight, {inputs, 0}), or_zeros(mdn_rnn_->reward_weight, {inputs, 1}),
                  or_zeros(mdn_rnn_->end_weight, {inputs, 1})},
                 1);
  // Without an end head nothing ends: sigmoid(-30) is 1e-13.
  output_bias_ = torch::cat({or_zeros(mdn_rnn_->mixture_bias, {0}), or_zeros(mdn_rnn_->reward_bias, {1}),
                             mdn_rnn_->end_bias.defined() ? mdn_rnn_->end_bias : torch::full({1}, -30.0f)});
  outputs_ = FrozenLinear(output_weight_, output_bias_, type);
  reward_unpaid_ = mdn_rnn_->reward_levels[0].item<float>();
  reward_paid_ = mdn_rnn_->reward_levels[1].item<float>();
}

ModelState VaeMdnRnn::initial_state(int batch_size) const {
  const int hidden = mdn_rnn_->config().hidden_size;
  ModelState state{{torch::zeros({batch_size, mdn_rnn_->latent_size()}), torch::zeros({batch_size, hidden})}};
  const std::vector<Tensor> more = mdn_rnn_->transformer ? transformer_.blank_ring(batch_size)
                                                         : std::vector<Tensor>{torch::zeros({batch_size, hidden})};
  state.parts.insert(state.parts.end(), more.begin(), more.end());
  return state;
}

ModelState VaeMdnRnn::with_memory(Tensor latent, std::vector<Tensor> memory) {
  memory.insert(memory.begin(), std::move(latent));
  return {std::move(memory)};
}

// From (z_t, a_t) and what was remembered before; zero in rows where `first` is 1 (or undefined: nowhere).
std::vector<Tensor> VaeMdnRnn::advance(const ModelState& state, const Tensor& action, const Tensor& first,
                                       bool with_gradient) const {
  std::vector<Tensor> next;
  if (mdn_rnn_->transformer) {
    TransformerStep::Stepped stepped = transformer_(torch::cat({state.parts[kLatent], action}, 1),
                                                    std::span(state.parts).subspan(kCell), with_gradient);
    next = std::move(stepped.ring);
    next.insert(next.begin(), stepped.output);
  } else if (with_gradient) {
    const auto [hidden, cell] = lstm_step(torch::cat({state.parts[kLatent], action}, 1), state.parts[kHidden],
                                          state.parts[kCell], mdn_rnn_->lstm());
    next = {hidden, cell};
  } else {
    Tensor gates = gates_(torch::cat({state.parts[kLatent], action, state.parts[kHidden]}, 1));
    const Tensor cell = state.parts[kCell].contiguous();  // a planner may branch from an expanded row
    next = {torch::empty(cell.sizes()), torch::empty(cell.sizes())};
    kernels::lstm_forward(static_cast<int>(gates.size(0)), mdn_rnn_->config().hidden_size, gates.data_ptr<float>(),
                          mdn_rnn_->lstm_bias.data_ptr<float>(), cell.data_ptr<float>(), next[1].data_ptr<float>(),
                          next[0].data_ptr<float>());
  }
  if (first.defined()) {
    for (Tensor& part : next) {
      std::vector<std::int64_t> shape(static_cast<std::size_t>(part.dim()), 1);
      shape[0] = first.size(0);
      part.masked_fill_(first.to(torch::kBool).view(shape), 0.0f);
    }
  }
  return next;
}

ModelState VaeMdnRnn::observe(const ModelState& state, const Tensor& action, const Tensor& frame, const Tensor& first,
                              const Noise& noise) const {
  torch::NoGradGuard no_grad;
  return observe_latent(state, action,
                        sample_latent(vae_.encode(frame), noise.normals.slice(1, 0, spec_.observe_normals)), first);
}

ModelState VaeMdnRnn::observe_latent(const ModelState& state, const Tensor& action, const Tensor& latent,
                                     const Tensor& first) const {
  torch::NoGradGuard no_grad;
  return with_memory(latent.clone(), advance(state, action, first));
}

Tensor VaeMdnRnn::sample_latent(const LatentDistribution& latent, const Tensor& normals) const {
  if (config_.latent_noise == 0.0) {
    return latent.mean.contiguous();
  }
  return (latent.mean + torch::exp(0.5f * latent.log_variance) * (normals * config_.latent_noise)).contiguous();
}

ModelState VaeMdnRnn::begin_dream(const ModelState& from, const Noise&) const {
  ModelState copy;
  for (const Tensor& part : from.parts) {
    copy.parts.push_back(part.clone());
  }
  return copy;
}

Imagined VaeMdnRnn::imagine(const ModelState& state, const Tensor& action, float temperature,
                            const Noise& noise) const {
  if (wants_gradient(state) || (torch::GradMode::is_enabled() && action.requires_grad())) {
    return imagine_with_gradient(state, action, temperature, noise);
  }
  torch::NoGradGuard no_grad;
  std::vector<Tensor> next = advance(state, action, {});
  const Tensor states = head(next[0]), output = outputs_(states);
  const Tensor normals = noise.normals.slice(1, 0, spec_.imagine_normals).contiguous();
  Tensor latent;
  if (mdn_rnn_->flow) {
    latent = state.parts[kLatent] + flow_.draw(states, normals, temperature);
  } else {
    const Tensor uniforms = noise.uniforms.slice(1, 0, spec_.imagine_uniforms).contiguous();
    latent = torch::empty(state.parts[kLatent].sizes());
    kernels::MixtureShape shape = mdn_rnn_->mixture_shape();
    shape.rows = static_cast<int>(latent.size(0));
    shape.row_stride = output.size(1);
    kernels::mixture_sample(shape, output.data_ptr<float>(), temperature, uniforms.data_ptr<float>(),
                            normals.data_ptr<float>(), latent.data_ptr<float>());
  }
  return {with_memory(latent, std::move(next)), expected_reward(output),
          output.select(1, mdn_rnn_->mixture_size() + 1).contiguous()};
}

// The same in plain tensor operations and float32. The choice of a component is not differentiable: the gradient flows
// through the chosen one's mean and sigma.
Imagined VaeMdnRnn::imagine_with_gradient(const ModelState& state, const Tensor& action, float temperature,
                                          const Noise& noise) const {
  std::vector<Tensor> next = advance(state, action, {}, true);
  const Tensor states = mdn_rnn_->head(next[0], torch::kFloat32);
  const Tensor output = torch::mm(states, output_weight_) + output_bias_;
  const Tensor normals = noise.normals.slice(1, 0, spec_.imagine_normals);
  Tensor latent;
  if (mdn_rnn_->flow) {
    latent = state.parts[kLatent] + mdn_rnn_->flow->draw(states, normals, temperature);
  } else {
    const Parts parts = parts_of(output);
    const Tensor weights = torch::softmax(parts.log_weight.detach() / temperature, 1);
    const Tensor uniforms = noise.uniforms.slice(1, 0, spec_.imagine_uniforms);
    const Tensor chosen = (weights.cumsum(1) - weights <= uniforms.unsqueeze(1)).sum(1, true) - 1;
    const auto of_chosen = [places = chosen.expand({-1, 1, mdn_rnn_->latent_size()})](const Tensor& of_components) {
      return of_components.gather(1, places).squeeze(1);  // [batch, latent]
    };
    const Tensor log_sigma = of_chosen(parts.log_sigma).clamp_min(mdn_rnn_->config().log_sigma_min);
    latent = of_chosen(parts.mean) + torch::exp(log_sigma) * std::sqrt(temperature) * normals;
  }
  return {with_memory(latent, std::move(next)), expected_reward(output),
          output.select(1, mdn_rnn_->mixture_size() + 1)};
}

VaeMdnRnn::Parts VaeMdnRnn::parts_of(const Tensor& output) const {
  const kernels::MixtureShape shape = mdn_rnn_->mixture_shape();
  const std::int64_t weights = shape.num_weights(), each = std::int64_t{shape.mixtures} * shape.latent;
  const auto part = [&](std::int64_t begin, std::int64_t size) {
    return output.slice(1, begin, begin + size).view({-1, shape.mixtures, size / shape.mixtures});
  };
  return {part(0, weights), part(weights, each), part(weights + each, each)};
}

// [batch, mixture_size + 2]: mixture, reward, end.
Tensor VaeMdnRnn::outputs(const Tensor& hidden) const {
  return outputs_(head(hidden));
}

Tensor VaeMdnRnn::head(const Tensor& hidden) const {
  return mdn_rnn_->head_weight.defined() ? head_(hidden).relu_() : hidden;
}

Tensor VaeMdnRnn::expected_reward(const Tensor& output) const {
  const Tensor head = output.select(1, mdn_rnn_->mixture_size());
  switch (mdn_rnn_->config().reward_head) {
    case RewardHead::event:
      return torch::sigmoid(head) * (reward_paid_ - reward_unpaid_) + reward_unpaid_;
    case RewardHead::value:
      return head * mdn_rnn_->config().reward_scale;
    case RewardHead::none:
      break;
  }
  return torch::zeros({output.size(0)});
}

Tensor VaeMdnRnn::features(const ModelState& state) const {
  switch (config_.features) {
    case Features::z:
      return state.parts[kLatent].clone();
    case Features::zh:
      return torch::cat({state.parts[kLatent], state.parts[kHidden]}, 1);
    case Features::zch:
      return torch::cat({state.parts[kLatent], state.parts[kCell], state.parts[kHidden]}, 1);
    case Features::zh_now:
      break;
  }
  const Tensor rest = torch::zeros({state.parts[kLatent].size(0), spec_.action_size});
  return torch::cat({state.parts[kLatent], advance(state, rest, {}, wants_gradient(state))[0]}, 1);
}

Tensor VaeMdnRnn::decode(const ModelState& state) const {
  return decode_latent(state.parts[kLatent]);
}

Embedding VaeMdnRnn::embed(const Tensor& frames) const {
  const LatentDistribution latent = encode(frames);
  return {{latent.mean, latent.log_variance}};
}

ModelState VaeMdnRnn::observe_embedded(const ModelState& state, const Tensor& action, const Embedding& embedding,
                                       const Tensor& first, const Noise& noise) const {
  torch::NoGradGuard no_grad;
  return observe_latent(state, action, sample_latent(latent_distribution(embedding), noise.normals), first);
}

Tensor VaeMdnRnn::latent_of(const ModelState& state) const {
  return state.parts[kLatent];
}

ModelState VaeMdnRnn::with_latent(const ModelState& state, const Tensor& latent) const {
  ModelState changed;
  for (const Tensor& part : state.parts) {
    changed.parts.push_back((changed.parts.empty() ? latent : part).clone());
  }
  return changed;
}

LatentDistribution VaeMdnRnn::latent_distribution(const Embedding& embedding) const {
  return {embedding.parts.at(0), embedding.parts.at(1)};
}

Tensor VaeMdnRnn::entropy(const ModelState& state, const Tensor& action) const {
  torch::NoGradGuard no_grad;
  const Tensor log_weight = mixture(state, action).log_weight;
  return -(log_weight.exp() * log_weight).sum(2).sum(1) / mdn_rnn_->latent_size();
}

Tensor VaeMdnRnn::log_density(const Mixture& expected, const Tensor& latent) const {
  const Tensor distance = (latent.unsqueeze(2) - expected.mean) * torch::exp(-expected.log_sigma);
  Tensor of_components = -0.5 * distance.square() - expected.log_sigma - 0.5 * std::log(2.0 * std::numbers::pi);
  if (mdn_rnn_->mixture_shape().joint) {
    of_components = of_components.sum(1, true);
  }
  return torch::logsumexp(expected.log_weight + of_components, 2).sum(1);
}

Tensor VaeMdnRnn::negative_log_likelihood(const ModelState& state, const Tensor& action,
                                          const LatentDistribution& next) const {
  torch::NoGradGuard no_grad;
  return -log_density(mixture(state, action), next.mean) / mdn_rnn_->latent_size();
}

Tensor VaeMdnRnn::surprise(const ModelState& state, const Tensor& action, const LatentDistribution& next,
                           const Tensor& normals) const {
  torch::NoGradGuard no_grad;
  Mixture expected = mixture(state, action);
  const double more = std::max(0.0, 1.0 - config_.latent_noise * config_.latent_noise);
  expected.log_sigma =
      0.5 * torch::log(torch::exp(2.0 * expected.log_sigma) + more * next.log_variance.exp().unsqueeze(2));
  const Tensor draw = next.mean + torch::exp(0.5 * next.log_variance) * normals;
  const Tensor entropy = 0.5 * (next.log_variance + std::log(2.0 * std::numbers::pi * std::numbers::e)).sum(1);
  return -log_density(expected, draw) - entropy;
}

LatentDistribution VaeMdnRnn::encode(const Tensor& frame) const {
  torch::NoGradGuard no_grad;
  return vae_.encode(frame);
}

Tensor VaeMdnRnn::decode_latent(const Tensor& latent) const {
  torch::NoGradGuard no_grad;
  return vae_.decode(latent);
}

Mixture VaeMdnRnn::mixture(const ModelState& state, const Tensor& action) const {
  torch::NoGradGuard no_grad;
  const Tensor output = outputs(advance(state, action, {})[0]);
  const Parts parts = parts_of(output);
  return {torch::log_softmax(parts.log_weight.transpose(1, 2), 2), parts.mean.transpose(1, 2),
          parts.log_sigma.transpose(1, 2).clamp_min(mdn_rnn_->config().log_sigma_min)};
}

}  // namespace reverie
