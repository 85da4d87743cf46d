#include "worldmodel/world_model.h"

#include "env/error.h"

namespace reverie {

torch::Tensor to_index(std::span<const int> rows) {
  return torch::tensor(std::vector<std::int64_t>(rows.begin(), rows.end()), torch::kInt64);
}

ModelState gather(const ModelState& state, std::span<const int> rows) {
  const torch::Tensor index = to_index(rows);
  ModelState result;
  for (const torch::Tensor& part : state.parts) {
    result.parts.push_back(part.index_select(0, index));
  }
  return result;
}

torch::Tensor gather(const torch::Tensor& tensor, std::span<const int> rows) {
  return tensor.index_select(0, to_index(rows));
}

Noise gather(const Noise& noise, std::span<const int> rows) {
  return {gather(noise.normals, rows), gather(noise.uniforms, rows)};
}

void scatter(ModelState& state, std::span<const int> rows, const ModelState& from) {
  REVERIE_CHECK(state.parts.size(), ==, from.parts.size());
  const torch::Tensor index = to_index(rows);
  for (std::size_t i = 0; i < state.parts.size(); ++i) {
    state.parts[i].index_copy_(0, index, from.parts[i]);
  }
}

torch::Tensor contiguous_features(const WorldModel& model, const ModelState& state) {
  const torch::Tensor features = model.features(state);
  REVERIE_CHECK(features.dim(), ==, 2);
  REVERIE_CHECK(features.size(1), ==, static_cast<std::int64_t>(model.spec().feature_size));
  REVERIE_CHECK(features.scalar_type(), ==, torch::kFloat32);
  return features.contiguous();
}

}  // namespace reverie
