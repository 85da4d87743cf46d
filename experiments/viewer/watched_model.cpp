#include "experiments/viewer/watched_model.h"

#include "worldmodel/row_noise.h"

namespace reverie {

ModelState clone(const ModelState& state) {
  ModelState copy;
  for (const torch::Tensor& part : state.parts) {
    copy.parts.push_back(part.clone());
  }
  return copy;
}

ModelState WatchedModel::observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                                 const torch::Tensor& first, const Noise& noise) const {
  seen_ = encode(frame);
  const Stopwatch watch(timings_.mdn_rnn);
  return model_.observe_latent(state, action, model_.sample_latent(seen_, noise.normals), first);
}

Imagined WatchedModel::imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                               const Noise& noise) const {
  const Stopwatch watch(timings_.mdn_rnn);
  return model_.imagine(state, action, temperature, noise);
}

LatentDistribution WatchedModel::encode(const torch::Tensor& frame) const {
  torch::NoGradGuard no_grad;
  const Stopwatch watch(timings_.vae);
  return model_.encode(frame);
}

torch::Tensor WatchedModel::decode_latent(const torch::Tensor& latent) const {
  torch::NoGradGuard no_grad;
  const Stopwatch watch(timings_.vae);
  return model_.decode_latent(latent);
}

Belief WatchedModel::expect(const ModelState& state, const torch::Tensor& action) const {
  torch::NoGradGuard no_grad;
  const Noise none = make_noise(1, spec().imagine_normals, spec().imagine_uniforms);
  const Imagined next = imagine(state, action, 1.0f, none);  // its end does not depend on the noise
  const Stopwatch watch(timings_.mdn_rnn);
  const torch::Tensor log_weight = model_.mixture(state, action).log_weight;
  return {torch::sigmoid(next.terminated_logit).item<float>(),
          -(log_weight.exp() * log_weight).sum(2).mean().item<float>()};
}

}  // namespace reverie
