// The statistics of the report.
#pragma once

#include <span>
#include <vector>

namespace reverie {

struct Statistics {
  int count = 0;
  double mean = 0;
  double deviation = 0;       // with n - 1; 0 for one value
  double standard_error = 0;  // of the mean
  double low = 0, high = 0;   // the mean's 95 % interval, Student's t; low = high = mean for one value
};
Statistics statistics_of(std::span<const double> values);  // at least one value

// The value that Student's t with `freedom` >= 1 degrees of freedom stays below with probability p, 0 < p < 1.
double student_t_quantile(double p, double freedom);

// Linear between the sorted values, as in NumPy's default. p: 0 to 1; at least one value.
double quantile(std::vector<double> values, double p);

// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> ranks(std::span<const double> values);

// Spearman's rank correlation: Pearson's of the ranks. NaN for fewer than two pairs, or where one side is constant.
double rank_correlation(std::span<const double> x, std::span<const double> y);

}  // namespace reverie
