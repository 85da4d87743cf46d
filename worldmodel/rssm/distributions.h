// The random part of an RSSM's state: how it is drawn, and how far one distribution is from another.
#pragma once

#include <torch/torch.h>

#include "worldmodel/rssm/rssm_config.h"

namespace reverie {

// A distribution over the random part, of prior or posterior, for n moments. Parameters as a network gives them: of
// Gaussians [n, 2 size], the means, then the raw deviations; of classes [n, size * classes] scores.
class RandomPart {
 public:
  explicit RandomPart(const RssmConfig& config) : config_(config) {}

  std::int64_t parameters() const {
    return std::int64_t{config_.stochastic_size} * (is_gaussian() ? 2 : config_.classes);
  }
  // Numbers of a draw: one a Gaussian, one-hot classes side by side.
  std::int64_t width() const { return std::int64_t{config_.stochastic_size} * (is_gaussian() ? 1 : config_.classes); }
  bool is_gaussian() const { return config_.stochastic == Stochastic::gaussian; }

  // [n, width]. noise: [n, size], normal numbers for Gaussians, uniform ones for classes. temperature multiplies the
  // variance of Gaussians and divides the scores of classes. The gradient of a drawn class is that of its probability
  // (straight through: Y. Bengio et al., arXiv 1308.3432).
  torch::Tensor draw(const torch::Tensor& parameters, const torch::Tensor& noise, double temperature = 1.0) const;
  torch::Tensor mode(const torch::Tensor& parameters) const;  // [n, width]: the mean, or the likeliest classes

  // KL divergence of q from p, [n], nats, summed over the Gaussians or classes.
  torch::Tensor divergence(const torch::Tensor& q, const torch::Tensor& p) const;
  torch::Tensor entropy(const torch::Tensor& parameters) const;  // [n], nats; of Gaussians the differential entropy

  torch::Tensor mean(const torch::Tensor& parameters) const;  // of Gaussians, [n, size], as the next
  torch::Tensor deviation(const torch::Tensor& parameters) const;
  // Of classes, [n, size, classes]: softmax with a share of `unimix` spread evenly (arXiv 2301.04104), so that no class
  // is impossible and no divergence unbounded.
  torch::Tensor probabilities(const torch::Tensor& parameters, double temperature = 1.0) const;

 private:
  RssmConfig config_;
};

// The loss of a divergence between posterior and prior in the two directions of its gradient ("KL balancing", arXiv
// 2010.02193, algorithm 2): prior_weight moves the prior towards the posterior, posterior_weight the posterior towards
// the prior. Below `free` nats a step's divergence costs nothing. Mean over [n].
torch::Tensor balanced_divergence(const RandomPart& part, const torch::Tensor& posterior, const torch::Tensor& prior,
                                  double prior_weight, double posterior_weight, double free);

}  // namespace reverie
