#include "worldmodel/rssm/rssm_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "env/error.h"
#include "worldmodel/data/weights.h"
#include "worldmodel/nn/frozen_linear.h"

namespace reverie {
namespace {

using torch::Tensor;

enum Part { kLatent, kStochastic, kDeterministic };

Rssm frozen_copy(const Rssm& rssm) {
  torch::NoGradGuard no_grad;
  VaeConfig vae;
  if (!rssm->vae().is_empty()) {
    vae = rssm->vae()->config();
  }
  Rssm copy(rssm->latent_size(), rssm->action_size(), rssm->config(), vae, 0);
  const auto from = module_tensors(*rssm);
  for (auto& parameter : copy->named_parameters()) {
    parameter.value().copy_(from.at(parameter.key()));
    parameter.value().set_requires_grad(false);
  }
  copy->reward_levels.copy_(rssm->reward_levels);
  return copy;
}

// The layers of a frozen RSSM with products laid out for inference.
RssmLayers laid_out(const Rssm& rssm, torch::ScalarType type) {
  const auto layer = [type](const Tensor& weight, const Tensor& bias) -> RssmLayers::Layer {
    if (!weight.defined()) {
      return {};
    }
    return [linear = FrozenLinear(weight, bias, type)](const Tensor& x) { return linear(x.contiguous()); };
  };
  RssmLayers layers;
  layers.input = layer(rssm->input_weight, rssm->input_bias);
  layers.gru_gates = layer(rssm->gru_gates_weight, rssm->gru_gates_bias);
  layers.gru_candidate = layer(rssm->gru_candidate_weight, rssm->gru_candidate_bias);
  layers.gru_input = layer(rssm->gru_input_weight, rssm->gru_input_bias);
  layers.gru_hidden = layer(rssm->gru_hidden_weight, rssm->gru_hidden_bias);
  layers.gru_parts = layer(rssm->gru_parts_weight, {});
  layers.norm_scale = rssm->gru_norm_scale;
  layers.norm_shift = rssm->gru_norm_shift;
  layers.prior_hidden = layer(rssm->prior_hidden_weight, rssm->prior_hidden_bias);
  layers.prior = layer(rssm->prior_weight, rssm->prior_bias);
  layers.posterior_hidden = layer(rssm->posterior_hidden_weight, rssm->posterior_hidden_bias);
  layers.posterior = layer(rssm->posterior_weight, rssm->posterior_bias);
  layers.trunk = layer(rssm->trunk_weight, rssm->trunk_bias);
  layers.heads = layer(rssm->heads_weight, rssm->heads_bias);
  return layers;
}

bool wants_gradient(const ModelState& state) {
  return torch::GradMode::is_enabled() &&
         std::any_of(state.parts.begin(), state.parts.end(), [](const Tensor& part) { return part.requires_grad(); });
}

}  // namespace

RssmModel::RssmModel(const Vae& vae, const Rssm& rssm, Precision precision)
    : vae_(rssm->config().input == RssmInput::pixels ? rssm->vae() : vae, compute_type(precision)),
      rssm_(frozen_copy(rssm)),
      frozen_(laid_out(rssm_, compute_type(precision))),
      precise_(rssm_->layers(torch::kFloat32)) {
  const RssmConfig& config = rssm_->config();
  spec_.action_size = rssm_->action_size();
  spec_.frame_height = spec_.frame_width = kFrameSize;
  spec_.feature_size = static_cast<int>(rssm_->random_part().width()) + config.deterministic_size;
  const bool gaussian = rssm_->random_part().is_gaussian();
  spec_.observe_normals = spec_.imagine_normals = gaussian ? config.stochastic_size : 0;
  spec_.observe_uniforms = spec_.imagine_uniforms = gaussian ? 0 : config.stochastic_size;
}

Tensor RssmModel::noise_of(const Noise& noise) const {
  const Tensor& numbers = rssm_->random_part().is_gaussian() ? noise.normals : noise.uniforms;
  return numbers.slice(1, 0, rssm_->config().stochastic_size);
}

ModelState RssmModel::initial_state(int batch_size) const {
  return {{torch::zeros({batch_size, rssm_->latent_size()}), torch::zeros({batch_size, rssm_->random_part().width()}),
           torch::zeros({batch_size, rssm_->config().deterministic_size})}};
}

ModelState RssmModel::observe(const ModelState& state, const Tensor& action, const Tensor& frame, const Tensor& first,
                              const Noise& noise) const {
  torch::NoGradGuard no_grad;
  return observe_latent(state, action, vae_.encode(frame).mean, first, noise);
}

ModelState RssmModel::observe_embedded(const ModelState& state, const Tensor& action, const Embedding& embedding,
                                       const Tensor& first, const Noise& noise) const {
  torch::NoGradGuard no_grad;
  return observe_latent(state, action, embedding.parts.at(0), first, noise);
}

ModelState RssmModel::observe_latent(const ModelState& state, const Tensor& action, const Tensor& latent,
                                     const Tensor& first, const Noise& noise) const {
  // Filled and not multiplied: what was before may be NaN.
  const Tensor starts = first.unsqueeze(1).to(torch::kBool);
  const auto kept = [&starts](const Tensor& tensor) { return tensor.masked_fill(starts, 0.0f); };
  const Tensor h = rssm_->next_deterministic(frozen_, kept(state.parts[kDeterministic]), kept(state.parts[kStochastic]),
                                             kept(action));
  const Tensor s = rssm_->random_part().draw(rssm_->posterior(frozen_, h, latent), noise_of(noise));
  return {{latent.clone(), s, h}};
}

ModelState RssmModel::begin_dream(const ModelState& from, const Noise&) const {
  ModelState copy;
  for (const Tensor& part : from.parts) {
    copy.parts.push_back(part.clone());
  }
  return copy;
}

Imagined RssmModel::imagine(const ModelState& state, const Tensor& action, float temperature,
                            const Noise& noise) const {
  const bool with_gradient = wants_gradient(state) || (torch::GradMode::is_enabled() && action.requires_grad());
  const torch::AutoGradMode gradient(with_gradient);
  const RssmLayers& layers = with_gradient ? precise_ : frozen_;
  const Tensor h = rssm_->next_deterministic(layers, state.parts[kDeterministic], state.parts[kStochastic], action);
  const Tensor s =
      rssm_->random_part().draw(rssm_->prior(layers, h), noise_of(noise), static_cast<double>(temperature));
  const Tensor outputs = rssm_->outputs(layers, s, h);
  return {{{outputs.slice(1, 0, rssm_->latent_size()).contiguous(), s, h}},
          rssm_->expected_reward(outputs).contiguous(),
          rssm_->end_logit(outputs).contiguous()};
}

Tensor RssmModel::features(const ModelState& state) const {
  return torch::cat({state.parts[kStochastic], state.parts[kDeterministic]}, 1);
}

Tensor RssmModel::decode(const ModelState& state) const {
  return decode_latent(state.parts[kLatent]);
}

Embedding RssmModel::embed(const Tensor& frames) const {
  torch::NoGradGuard no_grad;
  const LatentDistribution latent = vae_.encode(frames);
  if (rssm_->config().input == RssmInput::pixels) {
    return {{latent.mean.contiguous()}};
  }
  return {{latent.mean.contiguous(), latent.log_variance.contiguous()}};
}

Tensor RssmModel::latent_of(const ModelState& state) const {
  return state.parts[kLatent];
}

ModelState RssmModel::with_latent(const ModelState& state, const Tensor& latent) const {
  torch::NoGradGuard no_grad;
  const Tensor& h = state.parts[kDeterministic];
  return {{latent.clone(), rssm_->random_part().mode(rssm_->posterior(frozen_, h, latent)).clone(), h.clone()}};
}

LatentDistribution RssmModel::latent_distribution(const Embedding& embedding) const {
  const Tensor& mean = embedding.parts.at(0);
  if (embedding.parts.size() > 1) {
    return {mean, embedding.parts[1]};
  }
  const double log_variance = 2.0 * std::log(rssm_->config().latent_sigma_min);  // the code is exact: some small number
  return {mean, torch::full_like(mean, log_variance)};
}

Tensor RssmModel::decode_latent(const Tensor& latent) const {
  torch::NoGradGuard no_grad;
  return vae_.decode(latent);
}

Tensor RssmModel::entropy(const ModelState& state, const Tensor& action) const {
  torch::NoGradGuard no_grad;
  if (rssm_->random_part().is_gaussian()) {
    return torch::zeros({action.size(0)});
  }
  const Tensor h = rssm_->next_deterministic(frozen_, state.parts[kDeterministic], state.parts[kStochastic], action);
  return rssm_->random_part().entropy(rssm_->prior(frozen_, h)) / rssm_->config().stochastic_size;
}

Tensor RssmModel::expected_latent(const ModelState& state, const Tensor& action) const {
  const Tensor h = rssm_->next_deterministic(frozen_, state.parts[kDeterministic], state.parts[kStochastic], action);
  return rssm_->outputs(frozen_, rssm_->random_part().mode(rssm_->prior(frozen_, h)), h)
      .slice(1, 0, rssm_->latent_size());
}

Tensor RssmModel::negative_log_likelihood(const ModelState& state, const Tensor& action,
                                          const LatentDistribution& next) const {
  torch::NoGradGuard no_grad;
  const Tensor sigma = torch::exp(0.5 * next.log_variance).clamp_min(rssm_->config().latent_sigma_min);
  const Tensor distance = (expected_latent(state, action) - next.mean) / sigma;
  return (0.5 * distance.square() + torch::log(sigma) + 0.5 * std::log(2.0 * std::numbers::pi)).mean(1);
}

Tensor RssmModel::surprise(const ModelState& state, const Tensor& action, const LatentDistribution& next,
                           const Tensor&) const {
  torch::NoGradGuard no_grad;
  const Tensor sigma = torch::exp(0.5 * next.log_variance).clamp_min(rssm_->config().latent_sigma_min);
  return 0.5 * ((expected_latent(state, action) - next.mean) / sigma).square().sum(1);
}

}  // namespace reverie
