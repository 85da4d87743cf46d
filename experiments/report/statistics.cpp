#include "experiments/report/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "env/error.h"

namespace reverie {
namespace {

// The regularised incomplete beta function I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8, in
// Lentz's order), which converges fast for x below (a + 1) / (a + b + 2).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0.0 || x >= 1.0) {
    return x <= 0.0 ? 0.0 : 1.0;
  }
  if (x > (a + 1.0) / (a + b + 2.0)) {
    return 1.0 - incomplete_beta(b, a, 1.0 - x);
  }
  constexpr double kTiny = 1e-300;
  double fraction = 1.0, c = 1.0, d = 0.0;
  for (int i = 0; i <= 500; ++i) {
    const double m = i / 2;
    const double numerator = i == 0       ? 1.0
                             : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1.0 + numerator * d;
    d = 1.0 / (std::abs(d) < kTiny ? kTiny : d);
    c = 1.0 + numerator / c;
    c = std::abs(c) < kTiny ? kTiny : c;
    fraction *= c * d;
    if (std::abs(1.0 - c * d) < 1e-15) {
      break;
    }
  }
  const double front = a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  return std::exp(front) / a * (fraction - 1.0);
}

double student_t_probability(double t, double freedom) {
  const double tail = 0.5 * incomplete_beta(0.5 * freedom, 0.5, freedom / (freedom + t * t));
  return t > 0.0 ? 1.0 - tail : tail;
}

}  // namespace

double student_t_quantile(double p, double freedom) {
  REVERIE_CHECK(freedom, >=, 1.0);
  REVERIE_CHECK((p > 0.0 && p < 1.0), ==, true);
  double low = -1.0, high = 1.0;
  while (student_t_probability(low, freedom) > p) {
    low *= 2.0;
  }
  while (student_t_probability(high, freedom) < p) {
    high *= 2.0;
  }
  for (int i = 0; i < 200 && high - low > 1e-13 * std::max(1.0, std::abs(low)); ++i) {
    const double middle = 0.5 * (low + high);
    (student_t_probability(middle, freedom) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Statistics statistics_of(std::span<const double> values) {
  REVERIE_CHECK(values.size(), >, 0u);
  Statistics result;
  result.count = static_cast<int>(values.size());
  for (const double value : values) {
    result.mean += value / result.count;
  }
  double square = 0.0;
  for (const double value : values) {
    square += (value - result.mean) * (value - result.mean);
  }
  result.low = result.high = result.mean;
  if (result.count > 1) {
    result.deviation = std::sqrt(square / (result.count - 1));
    result.standard_error = result.deviation / std::sqrt(result.count);
    const double half = student_t_quantile(0.975, result.count - 1) * result.standard_error;
    result.low -= half;
    result.high += half;
  }
  return result;
}

double quantile(std::vector<double> values, double p) {
  REVERIE_CHECK(values.size(), >, 0u);
  std::sort(values.begin(), values.end());
  const double place = p * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) {
      ++last;
    }
    for (std::size_t i = first; i < last; ++i) {
      result[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
    }
  }
  return result;
}

double rank_correlation(std::span<const double> x, std::span<const double> y) {
  REVERIE_CHECK(x.size(), ==, y.size());
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double mean = 0.5 * static_cast<double>(x.size() + 1);
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace reverie
