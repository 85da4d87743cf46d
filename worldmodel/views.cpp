#include "worldmodel/views.h"

namespace reverie {
namespace {

// The embedding is the frame itself, stored as bytes, a quarter of the size of float32; recorded frames were bytes.
class Frames : public RecordedView {
 public:
  explicit Frames(const WorldModel& model) : model_(model) {}

  Embedding embed(const torch::Tensor& frames) const override {
    return {{frames.mul(255.0f).round().clamp(0.0f, 255.0f).to(torch::kUInt8)}};
  }
  ModelState observe_embedded(const ModelState& state, const torch::Tensor& action, const Embedding& embedding,
                              const torch::Tensor& first, const Noise& noise) const override {
    return model_.observe(state, action, embedding.parts.at(0).to(torch::kFloat32).mul_(1.0f / 255.0f), first, noise);
  }

 private:
  const WorldModel& model_;
};

}  // namespace

Embedding Embedding::slice(std::int64_t begin, std::int64_t end) const {
  Embedding some;
  for (const torch::Tensor& part : parts) {
    some.parts.push_back(part.slice(0, begin, end));
  }
  return some;
}

Embedding cat(std::span<const Embedding> pieces) {
  Embedding whole;
  for (std::size_t part = 0; part < pieces.front().parts.size(); ++part) {
    std::vector<torch::Tensor> tensors;
    for (const Embedding& piece : pieces) {
      tensors.push_back(piece.parts[part]);
    }
    whole.parts.push_back(torch::cat(tensors));
  }
  return whole;
}

RecordedViewOf::RecordedViewOf(const WorldModel& model) : view_(model.recorded()) {
  if (view_ == nullptr) {
    frames_ = std::make_unique<Frames>(model);
    view_ = frames_.get();
  }
}

RecordedViewOf::~RecordedViewOf() = default;

}  // namespace reverie
