// A world model that passes everything on to another one; what stands in its place overrides what it changes.
#pragma once

#include "worldmodel/world_model.h"

namespace reverie {

class ForwardingModel : public WorldModel {
 public:
  explicit ForwardingModel(const WorldModel& model) : model_(model) {}  // which must outlive it

  const WorldModelSpec& spec() const override { return model_.spec(); }
  ModelState initial_state(int batch_size) const override { return model_.initial_state(batch_size); }
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override {
    return model_.observe(state, action, frame, first, noise);
  }
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override {
    return model_.begin_dream(from, noise);
  }
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override {
    return model_.imagine(state, action, temperature, noise);
  }
  torch::Tensor features(const ModelState& state) const override { return model_.features(state); }
  torch::Tensor decode(const ModelState& state) const override { return model_.decode(state); }

 protected:
  const WorldModel& model_;
};

}  // namespace reverie
