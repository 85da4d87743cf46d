#include "experiments/waist/spectrum.h"

#include <cmath>
#include <numeric>

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

using torch::Tensor;

double sum_of(std::span<const double> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  REVERIE_CHECK(sum, >, 0.0);
  return sum;
}

std::vector<double> to_vector(const Tensor& values) {
  const Tensor contiguous = values.contiguous();
  const auto numbers = numbers_of<double>(contiguous);
  return {numbers.begin(), numbers.end()};
}

}  // namespace

double participation_ratio(std::span<const double> variances) {
  const double sum = sum_of(variances);
  return sum * sum / std::inner_product(variances.begin(), variances.end(), variances.begin(), 0.0);
}

double effective_rank(std::span<const double> singular_values) {
  const double sum = sum_of(singular_values);
  double entropy = 0.0;
  for (const double value : singular_values) {
    const double p = value / sum;
    entropy -= p > 0.0 ? p * std::log(p) : 0.0;
  }
  return std::exp(entropy);
}

int directions_for(std::span<const double> variances, double share) {
  const double wanted = share * sum_of(variances) * (1.0 - 1e-12);
  double sum = 0.0;
  for (std::size_t k = 0; k < variances.size(); ++k) {
    sum += variances[k];
    if (sum >= wanted) {
      return static_cast<int>(k) + 1;
    }
  }
  return static_cast<int>(variances.size());
}

PrincipalAxes principal_axes(const Tensor& points) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(points.size(0), >=, 2);
  PrincipalAxes axes;
  const Tensor x = points.to(torch::kFloat64);
  axes.centre = x.mean(0, true);
  const Tensor centred = x - axes.centre;
  const auto [values, vectors] = torch::linalg_eigh(torch::mm(centred.t(), centred) / static_cast<double>(x.size(0)));
  axes.variances = to_vector(values.flip(0).clamp_min(0.0));
  axes.directions = vectors.flip(1).contiguous();
  return axes;
}

Tensor PrincipalAxes::keep(const Tensor& points, int k) const {
  torch::NoGradGuard no_grad;
  const Tensor kept = directions.slice(1, 0, k);
  return (torch::mm(torch::mm(points.to(torch::kFloat64) - centre, kept), kept.t()) + centre).to(torch::kFloat32);
}

std::vector<double> matrix_spectrum(const Tensor& weight) {
  torch::NoGradGuard no_grad;
  return to_vector(torch::linalg_svdvals(weight.to(torch::kFloat64).flatten(1)).square());
}

}  // namespace reverie
