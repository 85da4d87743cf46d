// A world model that tells what it saw, what it expects, and how long it took.
#pragma once

#include <chrono>

#include "experiments/viewer/session.h"
#include "worldmodel/forwarding_model.h"
#include "worldmodel/views.h"

namespace reverie {

// Adds the milliseconds of its life to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum) : sum_(sum), begin_(std::chrono::steady_clock::now()) {}
  ~Stopwatch() { sum_ += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& sum_;
  std::chrono::steady_clock::time_point begin_;
};

// What the model expects of a step before it is made.
struct Expectation {
  float end_probability = 0;
  float entropy = 0;  // nats a dimension; 0 for a model without a BeliefView
};

ModelState clone(const ModelState& state);  // that nobody else writes to

// Computes what the model behind it computes, to the bit. For one thread, unlike other models: it keeps notes.
class WatchedModel : public ForwardingModel {
 public:
  // Both must outlive it; timings.frames and .model grow.
  WatchedModel(const WorldModel& model, Timings& timings) : ForwardingModel(model), timings_(timings), view_(model) {}

  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  torch::Tensor decode(const ModelState& state) const override;
  const LatentView* latent() const override { return model_.latent(); }

  const Embedding& seen() const { return seen_; }                                  // of the frame last observed
  Embedding embed(const torch::Tensor& frames) const;                              // [n, 3, height, width]
  torch::Tensor picture_of(const ModelState& state, const Embedding& seen) const;  // as the model sees that frame
  torch::Tensor picture_of(const Embedding& seen) const;                           // apart from any episode
  Expectation expect(const ModelState& state, const torch::Tensor& action) const;  // of one row

  // Of a model with a LatentView.
  LatentDistribution encode(const torch::Tensor& frame) const;
  torch::Tensor decode_latent(const torch::Tensor& latent) const;  // [batch, latent]
  int latent_size() const { return latent() != nullptr ? latent()->latent_size() : 0; }

 private:
  Timings& timings_;
  RecordedViewOf view_;
  mutable Embedding seen_;
};

}  // namespace reverie
