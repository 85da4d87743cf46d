// Optional views that a world model may offer beside its interface: model.recorded(), model.latent() and
// model.belief(), null where it does not offer one. Callers must work without them: the window hides panes that the
// model cannot fill.
#pragma once

#include <memory>

#include "worldmodel/world_model.h"

namespace reverie {

// What a model keeps of some frames, [frames, ...] each.
struct Embedding {
  std::vector<torch::Tensor> parts;

  std::int64_t num_frames() const { return parts.front().size(0); }
  Embedding slice(std::int64_t begin, std::int64_t end) const;
};
Embedding cat(std::span<const Embedding> pieces);  // one after the other

// An embedding of a frame that can be stored, so that a model can be led through recorded episodes without their
// frames.
class RecordedView {
 public:
  virtual ~RecordedView() = default;
  virtual Embedding embed(const torch::Tensor& frames) const = 0;  // [n, 3, height, width], 0 to 1
  // observe() of frames that were embedded before: the same state.
  virtual ModelState observe_embedded(const ModelState& state, const torch::Tensor& action, const Embedding& embedding,
                                      const torch::Tensor& first, const Noise& noise) const = 0;
};

// A code of frames with independent normal dimensions, [batch, latent] each.
struct LatentDistribution {
  torch::Tensor mean, log_variance;
};

// A vector in the model's state that a person can look at and change. For models with a RecordedView.
class LatentView {
 public:
  virtual ~LatentView() = default;
  virtual int latent_size() const = 0;
  virtual torch::Tensor latent_of(const ModelState& state) const = 0;  // [batch, latent]
  virtual ModelState with_latent(const ModelState& state, const torch::Tensor& latent) const = 0;
  virtual LatentDistribution latent_distribution(const Embedding& embedding) const = 0;
  virtual torch::Tensor decode_latent(const torch::Tensor& latent) const = 0;  // [batch, 3, height, width], 0 to 1
};

// What a model expects of the step that `action` leads to. For models with a LatentView.
class BeliefView {
 public:
  virtual ~BeliefView() = default;
  // Entropy of the choice among the model's modes, [batch], nats a dimension; 0 for a model with one mode.
  virtual torch::Tensor entropy(const ModelState& state, const torch::Tensor& action) const = 0;
  // Of the latent that followed, next.mean: [batch], nats a dimension. Models that say no more than the encoder's own
  // deviation take it from next.log_variance.
  virtual torch::Tensor negative_log_likelihood(const ModelState& state, const torch::Tensor& action,
                                                const LatentDistribution& next) const = 0;
  // Nats to tell whoever holds this belief a draw of `next`: - log p(draw) less the entropy of next, since only so much
  // of a draw is news. p is the belief about draws of the encoder. normals [batch, latent]; [batch].
  virtual torch::Tensor surprise(const ModelState& state, const torch::Tensor& action, const LatentDistribution& next,
                                 const torch::Tensor& normals) const = 0;
};

// The model's own RecordedView, or one that keeps the frames themselves, as bytes.
class RecordedViewOf {
 public:
  explicit RecordedViewOf(const WorldModel& model);  // which must outlive it
  ~RecordedViewOf();
  const RecordedView& operator*() const { return *view_; }
  const RecordedView* operator->() const { return view_; }

 private:
  std::unique_ptr<RecordedView> frames_;
  const RecordedView* view_;
};

}  // namespace reverie
