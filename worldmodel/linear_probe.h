// A linear read-out: what can be told of some targets from features by least squares. Probes only look; no policy and
// no model learns through them.
#pragma once

#include <torch/torch.h>

namespace reverie {

class LinearProbe {
 public:
  // features [n, f], targets [n, t], n >= 1. ridge: the weights' penalty for features of variance 1, so that features
  // that never change, or that follow from others, do no harm.
  LinearProbe(const torch::Tensor& features, const torch::Tensor& targets, double ridge = 1e-3);

  torch::Tensor operator()(const torch::Tensor& features) const;  // [n, f] -> [n, t], float32

 private:
  torch::Tensor feature_mean_, target_mean_;  // float64 [1, f], [1, t]
  torch::Tensor weight_;                      // float64 [f, t]
};

}  // namespace reverie
