#include "worldmodel/linear_probe.h"

#include "env/error.h"

namespace reverie {

LinearProbe::LinearProbe(const torch::Tensor& features, const torch::Tensor& targets, double ridge) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(features.size(0), ==, targets.size(0));
  REVERIE_CHECK(features.size(0), >=, 1);
  const torch::Tensor x = features.to(torch::kFloat64), y = targets.to(torch::kFloat64);
  feature_mean_ = x.mean(0, true);
  target_mean_ = y.mean(0, true);
  const torch::Tensor deviation = (x - feature_mean_).square().mean(0, true).sqrt().clamp_min(1e-6);
  const torch::Tensor unit = (x - feature_mean_) / deviation;
  const double count = static_cast<double>(x.size(0));
  const torch::Tensor covariance = torch::mm(unit.t(), unit) / count;
  const torch::Tensor penalty = ridge * torch::eye(x.size(1), torch::kFloat64);
  const torch::Tensor together = torch::mm(unit.t(), y - target_mean_) / count;
  weight_ = torch::cholesky_solve(together, torch::linalg_cholesky(covariance + penalty)) / deviation.t();
}

torch::Tensor LinearProbe::operator()(const torch::Tensor& features) const {
  torch::NoGradGuard no_grad;
  return (torch::mm(features.to(torch::kFloat64) - feature_mean_, weight_) + target_mean_).to(torch::kFloat32);
}

}  // namespace reverie
