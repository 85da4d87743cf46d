// A world model that keeps only some directions of the latent it sees: for the score of a policy that is told less.
#pragma once

#include "experiments/waist/spectrum.h"
#include "worldmodel/nn/frozen_linear.h"
#include "worldmodel/views.h"

namespace reverie {

class ProjectedModel : public WorldModel {
 public:
  // The model needs a LatentView and must outlive this one. After each frame its latent becomes what is left of it in
  // the first `directions` of the axes.
  ProjectedModel(const WorldModel& model, const PrincipalAxes& axes, int directions);

  const WorldModelSpec& spec() const override { return model_.spec(); }
  ModelState initial_state(int batch_size) const override { return model_.initial_state(batch_size); }
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override {
    return model_.begin_dream(from, noise);
  }
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override {
    return model_.imagine(state, action, temperature, noise);
  }
  torch::Tensor features(const ModelState& state) const override { return model_.features(state); }
  torch::Tensor decode(const ModelState& state) const override { return model_.decode(state); }

 private:
  const WorldModel& model_;
  FrozenLinear project_;  // of a latent, with the centre in its bias
};

}  // namespace reverie
