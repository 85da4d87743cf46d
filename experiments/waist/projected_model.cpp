#include "experiments/waist/projected_model.h"

#include "env/error.h"

namespace reverie {

ProjectedModel::ProjectedModel(const WorldModel& model, const PrincipalAxes& axes, int directions)
    : ForwardingModel(model) {
  REVERIE_CHECK((model.latent() != nullptr), ==, true);
  const torch::Tensor kept = axes.directions.slice(1, 0, directions);
  const torch::Tensor onto = torch::mm(kept, kept.t());
  project_ = FrozenLinear(onto, (axes.centre - torch::mm(axes.centre, onto)).squeeze(0).to(torch::kFloat32),
                          torch::kFloat32);  // float32, so that a row does not depend on the others
}

ModelState ProjectedModel::observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                                   const torch::Tensor& first, const Noise& noise) const {
  const ModelState seen = model_.observe(state, action, frame, first, noise);
  return model_.latent()->with_latent(seen, project_(model_.latent()->latent_of(seen).contiguous()));
}

}  // namespace reverie
