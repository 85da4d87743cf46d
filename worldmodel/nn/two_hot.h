// Two-hot coding: a number as a distribution over bins, its mass on the two bins around it, so that a network can learn
// a number of any size by cross-entropy. D. Hafner et al., "Mastering Diverse Domains through World Models", arXiv
// 2301.04104: its first version puts the bins evenly on a symlog scale, the second has bins whose own values grow as
// symexp does. The two give different numbers.
#pragma once

#include <torch/torch.h>

namespace reverie {

torch::Tensor symlog(const torch::Tensor& x);  // sign(x) ln(1 + |x|)
torch::Tensor symexp(const torch::Tensor& x);  // sign(x) (exp(|x|) - 1)

class TwoHot {
 public:
  enum class Bins { even, symlog, symexp };

  // `count` bins, odd so that 0 is one of them. even: from -limit to limit. symlog: the same, of symlog(x). symexp: at
  // symexp of those places.
  explicit TwoHot(Bins bins = Bins::symexp, int count = 255, double limit = 20.0);

  int size() const { return static_cast<int>(places_.size(0)); }
  torch::Tensor encode(
      const torch::Tensor& values) const;  // [n] -> [n, bins]; what is beyond the last bin counts as it
  // [n, bins] -> [n]: the mean under softmax(logits), summed from both ends, so that equal logits give exactly 0.
  torch::Tensor value(const torch::Tensor& logits) const;
  // [n]: cross-entropy of softmax(logits) from the coded values, nats.
  torch::Tensor loss(const torch::Tensor& logits, const torch::Tensor& values) const;

 private:
  bool on_symlog_scale_;
  torch::Tensor places_;  // [bins], rising
};

}  // namespace reverie
