#include "experiments/waist/intrinsic_dimension.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

using torch::Tensor;

Tensor nearest_distances(const Tensor& points, int k) {
  torch::NoGradGuard no_grad;
  constexpr std::int64_t kBlock = 512;  // rows of the matrix of distances at a time
  const Tensor x = std::get<0>(torch::unique_dim(points, 0)).to(torch::kFloat64);
  REVERIE_CHECK(x.size(0), >, k);
  const Tensor square = x.square().sum(1);
  std::vector<Tensor> blocks;
  for (std::int64_t begin = 0; begin < x.size(0); begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, x.size(0));
    Tensor distance =
        square.slice(0, begin, end).unsqueeze(1) + square.unsqueeze(0) - 2.0 * torch::mm(x.slice(0, begin, end), x.t());
    distance.diagonal(begin).fill_(INFINITY);  // a point is not its own neighbour
    blocks.push_back(std::get<0>(distance.topk(k, 1, false, true)));
  }
  // The difference of large squares can be below 0 where two points are nearly equal.
  return torch::cat(blocks).clamp_min(1e-300).sqrt().contiguous();
}

double two_nn(std::span<const double> ratios) {
  REVERIE_CHECK(ratios.size(), >=, 2u);
  double sum = 0.0;
  for (const double ratio : ratios) {
    sum += std::log(ratio);
  }
  return (static_cast<double>(ratios.size()) - 1.0) / sum;
}

double two_nn(const Tensor& nearest) {
  const Tensor ratios = (nearest.select(1, 1) / nearest.select(1, 0)).contiguous();
  return two_nn(numbers_of<double>(ratios));
}

double levina_bickel(const Tensor& nearest) {
  const std::int64_t k = nearest.size(1);
  const Tensor farthest = nearest.slice(1, k - 1, k);
  return 1.0 / torch::log(farthest / nearest.slice(1, 0, k - 1)).mean(1).mean().item<double>();
}

}  // namespace reverie
