// A world model that is known: a point on a line moves by half of its action; a step pays 1 less the square of the
// point's distance from the goal. Beyond the cliff, if there is one, a dream ends.
#pragma once

#include <limits>

#include "worldmodel/start_states.h"
#include "worldmodel/world_model.h"

namespace reverie {

class PointWorld : public WorldModel {
 public:
  explicit PointWorld(int action_size = 1, float cliff = std::numeric_limits<float>::infinity(), float wind = 0.0f)
      : cliff_(cliff), wind_(wind) {
    spec_.feature_size = 2;
    spec_.action_size = action_size;
    spec_.frame_height = spec_.frame_width = 4;
    spec_.imagine_normals = 1;
  }
  const WorldModelSpec& spec() const override { return spec_; }
  ModelState initial_state(int batch_size) const override {
    return {{torch::zeros({batch_size, 1}), torch::ones({batch_size, 1})}};
  }
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor&, const torch::Tensor&,
                     const Noise&) const override {
    return {{state.parts[0] + move(action), state.parts[1].clone()}};
  }
  ModelState begin_dream(const ModelState& from, const Noise&) const override {
    return {{from.parts[0].clone(), from.parts[1].clone()}};
  }
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float, const Noise& noise) const override {
    const torch::Tensor place = state.parts[0] + move(action) + wind_ * noise.normals.slice(1, 0, 1);
    const torch::Tensor beyond =
        torch::where(place > cliff_, torch::full_like(place, 30.0f), torch::full_like(place, -30.0f));
    return {
        {{place, state.parts[1].clone()}}, (1.0f - (place - state.parts[1]).square()).squeeze(1), beyond.squeeze(1)};
  }
  torch::Tensor features(const ModelState& state) const override { return torch::cat(state.parts, 1); }
  torch::Tensor decode(const ModelState& state) const override {
    return torch::zeros({state.parts[0].size(0), 3, 4, 4});
  }

 private:
  // The first component; of two discrete actions the first goes up and the second down.
  torch::Tensor move(const torch::Tensor& action) const {
    return 0.5f * (spec_.action_size == 2 ? action.slice(1, 0, 1) - action.slice(1, 1, 2) : action.slice(1, 0, 1));
  }

  WorldModelSpec spec_;
  float cliff_, wind_;
};

// The point at `places`, the goal at `goals`.
inline StartStates points(const std::vector<float>& places, const std::vector<float>& goals) {
  StartStates starts;
  const auto count = static_cast<std::int64_t>(places.size());
  starts.states.parts = {torch::tensor(places).view({count, 1}), torch::tensor(goals).view({count, 1})};
  starts.first.assign(places.size(), 1);
  starts.paid.assign(places.size(), 0);
  return starts;
}

}  // namespace reverie
