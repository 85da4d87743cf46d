// A world model that tells what it saw, what it expects, and how long V and M took.
#pragma once

#include <chrono>

#include "experiments/viewer/session.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

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

// What M expects of a step before it is made.
struct Belief {
  float end_probability = 0;
  float mixture_entropy = 0;  // nats, of the mixture weights, mean over latent dimensions
};

ModelState clone(const ModelState& state);  // that nobody else writes to

// Computes what the model behind it computes, to the bit. For one thread, unlike other models: it keeps notes.
class WatchedModel : public WorldModel {
 public:
  // Both must outlive it; timings.vae and .mdn_rnn grow.
  WatchedModel(const VaeMdnRnn& model, Timings& timings) : model_(model), timings_(timings) {}

  const WorldModelSpec& spec() const override { return model_.spec(); }
  ModelState initial_state(int batch_size) const override { return model_.initial_state(batch_size); }
  ModelState observe(const ModelState& state, const torch::Tensor& action, const torch::Tensor& frame,
                     const torch::Tensor& first, const Noise& noise) const override;
  ModelState begin_dream(const ModelState& from, const Noise& noise) const override {
    return model_.begin_dream(from, noise);
  }
  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  torch::Tensor features(const ModelState& state) const override { return model_.features(state); }
  torch::Tensor decode(const ModelState& state) const override { return decode_latent(state.parts[0]); }

  LatentDistribution encode(const torch::Tensor& frame) const;                // frame [batch, 3, height, width]
  torch::Tensor decode_latent(const torch::Tensor& latent) const;             // latent [batch, latent]
  const LatentDistribution& seen() const { return seen_; }                    // V's, of the frame last observed
  Belief expect(const ModelState& state, const torch::Tensor& action) const;  // of one row
  int latent_size() const { return model_.latent_size(); }

 private:
  const VaeMdnRnn& model_;
  Timings& timings_;
  mutable LatentDistribution seen_;
};

}  // namespace reverie
