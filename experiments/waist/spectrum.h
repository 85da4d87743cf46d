// How many directions of a space are used: spectra and what is counted from them.
#pragma once

#include <torch/torch.h>

#include <span>
#include <vector>

namespace reverie {

// The variances must be >= 0 and not all zero.

// (sum of v)^2 / sum of v^2: n for n equal variances, 1 for a single one.
double participation_ratio(std::span<const double> variances);

// exp(- sum p ln p) of p = s / sum of s (Roy and Vetterli 2007). Of singular values, not of their squares.
double effective_rank(std::span<const double> singular_values);

// The least k such that the k largest variances make up `share` of all. variances: falling.
int directions_for(std::span<const double> variances, double share);

// The axes of a cloud of points, the widest first (principal components), float64.
struct PrincipalAxes {
  torch::Tensor centre;           // [1, d]
  torch::Tensor directions;       // [d, d], column k is direction k
  std::vector<double> variances;  // [d], falling, with 1 / n

  // What is left of points [n, d] where only the first k directions are kept: float32 [n, d].
  torch::Tensor keep(const torch::Tensor& points, int k) const;
};
PrincipalAxes principal_axes(const torch::Tensor& points);  // [n, d], n >= 2

// Squares of a matrix's singular values, falling. Of a tensor of more dimensions, all but the first count as one.
std::vector<double> matrix_spectrum(const torch::Tensor& weight);

}  // namespace reverie
