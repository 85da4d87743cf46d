#include "worldmodel/rssm/distributions.h"

#include <cmath>
#include <numbers>

#include "worldmodel/nn/elementwise.h"

namespace reverie {

using torch::Tensor;

Tensor RandomPart::mean(const Tensor& parameters) const {
  return parameters.slice(1, 0, config_.stochastic_size);
}

Tensor RandomPart::deviation(const Tensor& parameters) const {
  const Tensor raw = parameters.slice(1, config_.stochastic_size, 2 * config_.stochastic_size);
  return (config_.deviation == DeviationKind::softplus ? elementwise::softplus(raw)
                                                       : 2.0 * elementwise::sigmoid(0.5 * raw)) +
         config_.deviation_min;
}

Tensor RandomPart::probabilities(const Tensor& parameters, double temperature) const {
  const Tensor scores = parameters.view({-1, config_.stochastic_size, config_.classes});
  const Tensor softmax = torch::softmax(temperature == 1.0 ? scores : scores / temperature, 2);
  return softmax * (1.0 - config_.unimix) + config_.unimix / config_.classes;
}

Tensor RandomPart::draw(const Tensor& parameters, const Tensor& noise, double temperature) const {
  if (is_gaussian()) {
    return mean(parameters) + deviation(parameters) * (noise * std::sqrt(temperature));
  }
  const Tensor chances = probabilities(parameters, temperature);
  const Tensor fixed = chances.detach();
  // The class in whose share of 0..1 the uniform number lies; rounding may leave the sum below 1.
  const Tensor chosen = (fixed.cumsum(2) <= noise.unsqueeze(2)).sum(2).clamp_max(config_.classes - 1);
  const Tensor one_hot = torch::one_hot(chosen, config_.classes).to(torch::kFloat32);
  return (chances.requires_grad() ? one_hot + chances - fixed : one_hot).view({-1, width()});
}

Tensor RandomPart::mode(const Tensor& parameters) const {
  if (is_gaussian()) {
    return mean(parameters).contiguous();
  }
  const Tensor scores = parameters.view({-1, config_.stochastic_size, config_.classes});
  return torch::one_hot(scores.argmax(2), config_.classes).to(torch::kFloat32).view({-1, width()});
}

Tensor RandomPart::divergence(const Tensor& q, const Tensor& p) const {
  if (is_gaussian()) {
    const Tensor q_deviation = deviation(q), p_deviation = deviation(p);
    const Tensor apart = mean(q) - mean(p);
    return (torch::log(p_deviation / q_deviation) +
            (q_deviation.square() + apart.square()) / (2.0 * p_deviation.square()) - 0.5)
        .sum(1);
  }
  const Tensor q_chances = probabilities(q), p_chances = probabilities(p);
  return (q_chances * (torch::log(q_chances) - torch::log(p_chances))).sum({1, 2});
}

Tensor RandomPart::entropy(const Tensor& parameters) const {
  if (is_gaussian()) {
    return (torch::log(deviation(parameters)) + 0.5 * std::log(2.0 * std::numbers::pi * std::numbers::e)).sum(1);
  }
  const Tensor chances = probabilities(parameters);
  return -(chances * torch::log(chances)).sum({1, 2});
}

Tensor balanced_divergence(const RandomPart& part, const Tensor& posterior, const Tensor& prior, double prior_weight,
                           double posterior_weight, double free) {
  const auto paid = [free](const Tensor& nats) { return nats.clamp_min(free).mean(); };
  return prior_weight * paid(part.divergence(posterior.detach(), prior)) +
         posterior_weight * paid(part.divergence(posterior, prior.detach()));
}

}  // namespace reverie
