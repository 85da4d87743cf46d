// A world model as different from VaeMdnRnn as the interface allows, to show that no other code depends on how a model
// is built: frames of 32 x 48, parts of several shapes and one of whole numbers, noise in all three calls, features
// that are a slice. It has no LatentView, and it learns nothing.
#pragma once

#include "worldmodel/world_model.h"

namespace reverie {

// State parts: marks [batch, 2, 3], what six points of the frame looked like; age [batch], int64, steps since the first
// frame; mood [batch, 5], which wanders; and luck [batch, 1], drawn once a dream.
class ToyWorldModel : public WorldModel {
 public:
  explicit ToyWorldModel(int action_size);

  const WorldModelSpec& spec() const override { return spec_; }
  ModelState initial_state(int batch_size) const override;
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override;
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  torch::Tensor features(const ModelState& state) const override;
  torch::Tensor decode(const ModelState& state) const override;

 private:
  torch::Tensor next_mood(const ModelState& state, const torch::Tensor& action) const;

  WorldModelSpec spec_;
};

}  // namespace reverie
