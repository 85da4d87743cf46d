// An RSSM as a world model.
#pragma once

#include <optional>

#include "worldmodel/nn/precision.h"
#include "worldmodel/rssm/rssm.h"
#include "worldmodel/vae/vae_inference.h"
#include "worldmodel/views.h"

namespace reverie {

// State parts: z [batch, latent], of the frame seen or as dreamed; s [batch, width] and h [batch, deterministic]. A
// policy sees [s, h]. Only s and h are needed to go on.
class RssmModel : public WorldModel, public RecordedView, public LatentView, public BeliefView {
 public:
  // vae: what made the latents that the RSSM was trained on; where its input is pixels, its own is taken. Keeps its own
  // copy of the weights, laid out for inference.
  RssmModel(const Vae& vae, const Rssm& rssm, Precision precision);

  const WorldModelSpec& spec() const override { return spec_; }
  ModelState initial_state(int batch_size) const override;
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override;
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  torch::Tensor features(const ModelState& state) const override;
  torch::Tensor decode(const ModelState& state) const override;

  const RecordedView* recorded() const override { return this; }
  const LatentView* latent() const override { return this; }
  const BeliefView* belief() const override { return this; }

  // Mean and log variance of V's code; of an encoder trained with the RSSM the code alone.
  Embedding embed(const torch::Tensor& frames) const override;
  ModelState observe_embedded(const ModelState& state, const torch::Tensor& action, const Embedding& embedding,
                              const torch::Tensor& first, const Noise& noise) const override;

  int latent_size() const override { return rssm_->latent_size(); }
  torch::Tensor latent_of(const ModelState& state) const override;
  // h stays, and s becomes what the posterior thinks likeliest of that latent.
  ModelState with_latent(const ModelState& state, const torch::Tensor& latent) const override;
  LatentDistribution latent_distribution(const Embedding& embedding) const override;
  torch::Tensor decode_latent(const torch::Tensor& latent) const override;

  // Of the prior's classes; 0 for Gaussians, which have one mode.
  torch::Tensor entropy(const ModelState& state, const torch::Tensor& action) const override;
  // Of the latent around what the prior's likeliest s predicts, with V's deviations.
  torch::Tensor negative_log_likelihood(const ModelState& state, const torch::Tensor& action,
                                        const LatentDistribution& next) const override;
  // The divergence of V's code from the same Gaussian around what the prior's likeliest s predicts.
  torch::Tensor surprise(const ModelState& state, const torch::Tensor& action, const LatentDistribution& next,
                         const torch::Tensor& normals) const override;

 private:
  torch::Tensor noise_of(const Noise& noise) const;  // of one draw, [batch, stochastic_size]
  ModelState observe_latent(const ModelState& state, const torch::Tensor& action, const torch::Tensor& latent,
                            const torch::Tensor& first, const Noise& noise) const;
  torch::Tensor expected_latent(const ModelState& state, const torch::Tensor& action) const;

  VaeInference vae_;
  Rssm rssm_;           // a frozen copy
  RssmLayers frozen_;   // for speed
  RssmLayers precise_;  // for gradients to states and actions: float32
  WorldModelSpec spec_;
};

}  // namespace reverie
