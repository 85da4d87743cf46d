#include "experiments/viewer/watched_model.h"

#include "worldmodel/lead.h"
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
  seen_ = embed(frame);
  const Stopwatch watch(timings_.model);
  return view_->observe_embedded(state, action, seen_, first, noise);
}

Imagined WatchedModel::imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                               const Noise& noise) const {
  const Stopwatch watch(timings_.model);
  return model_.imagine(state, action, temperature, noise);
}

torch::Tensor WatchedModel::decode(const ModelState& state) const {
  torch::NoGradGuard no_grad;
  const Stopwatch watch(timings_.frames);
  return model_.decode(state);
}

Embedding WatchedModel::embed(const torch::Tensor& frames) const {
  torch::NoGradGuard no_grad;
  const Stopwatch watch(timings_.frames);
  return view_->embed(frames);
}

torch::Tensor WatchedModel::picture_of(const ModelState& state, const Embedding& seen) const {
  return latent() != nullptr ? decode_latent(latent()->latent_distribution(seen).mean) : decode(state);
}

torch::Tensor WatchedModel::picture_of(const Embedding& seen) const {
  if (latent() != nullptr) {
    return decode_latent(latent()->latent_distribution(seen).mean);
  }
  torch::NoGradGuard no_grad;
  return decode(view_->observe_embedded(initial_state(1), torch::zeros({1, spec().action_size}), seen, torch::ones({1}),
                                        calm_observation(spec(), 1)));
}

LatentDistribution WatchedModel::encode(const torch::Tensor& frame) const {
  return latent()->latent_distribution(embed(frame));
}

torch::Tensor WatchedModel::decode_latent(const torch::Tensor& latent_rows) const {
  torch::NoGradGuard no_grad;
  const Stopwatch watch(timings_.frames);
  return latent()->decode_latent(latent_rows);
}

Expectation WatchedModel::expect(const ModelState& state, const torch::Tensor& action) const {
  torch::NoGradGuard no_grad;
  const Noise none = make_noise(1, spec().imagine_normals, spec().imagine_uniforms);
  const Imagined next = imagine(state, action, 1.0f, none);  // its end does not depend on the noise
  const Stopwatch watch(timings_.model);
  const BeliefView* const belief = model_.belief();
  return {torch::sigmoid(next.terminated_logit).item<float>(),
          belief != nullptr ? belief->entropy(state, action).item<float>() : 0.0f};
}

}  // namespace reverie
