// A world model that keeps only some directions of the latent it sees: for the score of a policy that is told less.
#pragma once

#include "experiments/waist/spectrum.h"
#include "worldmodel/forwarding_model.h"
#include "worldmodel/nn/frozen_linear.h"
#include "worldmodel/views.h"

namespace reverie {

class ProjectedModel : public ForwardingModel {
 public:
  // The model needs a LatentView and must outlive this one. After each frame its latent becomes what is left of it in
  // the first `directions` of the axes.
  ProjectedModel(const WorldModel& model, const PrincipalAxes& axes, int directions);

  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;

 private:
  FrozenLinear project_;  // of a latent, with the centre in its bias
};

}  // namespace reverie
