#include "tests/toy/toy_world_model.h"

#include <cmath>

#include "env/error.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr int kHeight = 32, kWidth = 48, kMood = 5;
constexpr int kWide = 2 * 3 + 1 + kMood + 1;  // all parts beside each other
constexpr int kSkipped = 2, kShown = 9;       // of these, where the features begin and how many they are

enum Part { kMarks, kAge, kMoods, kLuck };

// -1 to 1. Only sums, products and quotients, which have the same bits wherever in a tensor a number stands.
Tensor squash(const Tensor& x) {
  return x / (1.0f + x.abs());
}

// [batch, 1] of column `index`.
Tensor column(const Tensor& values, std::int64_t index) {
  return values.slice(1, index, index + 1);
}

}  // namespace

ToyWorldModel::ToyWorldModel(int action_size) {
  spec_.feature_size = kShown;
  spec_.action_size = action_size;
  spec_.frame_height = kHeight;
  spec_.frame_width = kWidth;
  spec_.observe_normals = 1;
  spec_.observe_uniforms = 2;
  spec_.begin_dream_normals = 1;
  spec_.begin_dream_uniforms = 1;
  spec_.imagine_normals = kMood;
  spec_.imagine_uniforms = 1;
}

ModelState ToyWorldModel::initial_state(int batch_size) const {
  return {{torch::zeros({batch_size, 2, 3}), torch::zeros({batch_size}, torch::kInt64),
           torch::zeros({batch_size, kMood}), torch::zeros({batch_size, 1})}};
}

// [batch, kMood]: each mood leans on the one before it, on one action and on a mark.
Tensor ToyWorldModel::next_mood(const ModelState& state, const Tensor& action) const {
  std::vector<Tensor> moods;
  for (int i = 0; i < kMood; ++i) {
    const Tensor mark = state.parts[kMarks].select(1, i % 2).select(1, i % 3).unsqueeze(1);
    moods.push_back(0.8f * column(state.parts[kMoods], i) - 0.3f * column(state.parts[kMoods], (i + 1) % kMood) +
                    0.5f * column(action, i % spec_.action_size) + 0.4f * mark + 0.1f * state.parts[kLuck]);
  }
  return squash(torch::cat(moods, 1));
}

ModelState ToyWorldModel::observe(const ModelState& state, const Tensor& action, const Tensor& frame,
                                  const Tensor& first, const Noise& noise) const {
  // Rows 8 and 24, column 20 of the frame: [batch, 3, 2].
  const Tensor points = frame.slice(2, 8, kHeight, 16).select(3, 20);
  const Tensor blur = 0.01f * column(noise.normals, 0) + 0.02f * column(noise.uniforms, 0);
  const Tensor starts = first.unsqueeze(1) > 0.5f;  // [batch, 1]
  const Tensor age = torch::where(starts.squeeze(1), torch::zeros_like(state.parts[kAge]), state.parts[kAge] + 1);
  const Tensor mood = torch::where(starts, torch::zeros_like(state.parts[kMoods]), next_mood(state, action));
  return {{points.permute({0, 2, 1}) + blur.unsqueeze(2), age, mood, 0.05f * column(noise.uniforms, 1)}};
}

ModelState ToyWorldModel::begin_dream(const ModelState& from, const Noise& noise) const {
  return {{from.parts[kMarks].clone(), from.parts[kAge].clone(), from.parts[kMoods].clone(),
           0.5f * column(noise.normals, 0) + column(noise.uniforms, 0)}};
}

Imagined ToyWorldModel::imagine(const ModelState& state, const Tensor& action, float temperature,
                                const Noise& noise) const {
  const Tensor normals = noise.normals.slice(1, 0, kMood), uniforms = column(noise.uniforms, 0);
  const Tensor mood = next_mood(state, action) + 0.1f * std::sqrt(temperature) * normals;
  const Tensor marks = 0.9f * state.parts[kMarks] + 0.1f * column(mood, 0).unsqueeze(2) + 0.01f * uniforms.unsqueeze(2);
  Imagined next;
  next.state.parts = {marks, state.parts[kAge] + 1, mood, state.parts[kLuck].clone()};
  next.reward = (column(mood, 1) + 0.2f * column(action, 0)).select(1, 0);
  next.terminated_logit = (2.0f * column(mood, 2) - 3.0f).select(1, 0);
  return next;
}

Tensor ToyWorldModel::features(const ModelState& state) const {
  const Tensor age = 0.01f * state.parts[kAge].to(torch::kFloat32).unsqueeze(1);
  const Tensor wide = torch::cat({state.parts[kMarks].flatten(1), age, state.parts[kMoods], state.parts[kLuck]}, 1);
  REVERIE_CHECK(wide.size(1), ==, kWide);
  return wide.slice(1, kSkipped, kSkipped + kShown);
}

// Six fields in the colours of the marks, the upper three brighter by the mood.
Tensor ToyWorldModel::decode(const ModelState& state) const {
  const Tensor marks = squash(state.parts[kMarks].abs()).permute({0, 2, 1}).unsqueeze(3);  // [batch, 3, 2, 1]
  const Tensor glow = squash(column(state.parts[kMoods], 0).abs()).unsqueeze(2).unsqueeze(3);
  const Tensor fields = (0.5f * marks + 0.5f * glow).repeat_interleave(kHeight / 2, 2);
  return fields.repeat({1, 1, 1, kWidth});
}

}  // namespace reverie
