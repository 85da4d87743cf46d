// How many numbers it takes to say where on a cloud of points one stands, estimated from distances between neighbours.
// Both estimators read low where the dimension is high and the points are few: compare with what they say of normal
// points of a known dimension and the same number.
#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

namespace reverie {

// The distances of each point to its k nearest others, rising, float64 [n, k]; of points [., d], n > k of which differ.
// Equal points count as one: a distance of 0 says nothing of the dimension.
torch::Tensor nearest_distances(const torch::Tensor& points, int k);

// TwoNN (Facco et al. 2017) by maximum likelihood without bias: (n - 1) / sum of ln(r2 / r1). ratios: r2 / r1 >= 1 of
// each of at least two points.
double two_nn(std::span<const double> ratios);
double two_nn(const torch::Tensor& nearest);  // of nearest_distances()

// Levina and Bickel (2004) with k neighbours, averaged over the points as MacKay and Ghahramani propose: the inverses
// are, not the estimates.
double levina_bickel(const torch::Tensor& nearest);

}  // namespace reverie
