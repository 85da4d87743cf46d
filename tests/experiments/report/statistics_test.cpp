#include "experiments/report/statistics.h"

#include <cmath>

#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("Student's t quantiles agree with the printed tables", "[report]") {
  CHECK(student_t_quantile(0.975, 1) == Approx(12.7062).epsilon(1e-5));
  CHECK(student_t_quantile(0.975, 2) == Approx(4.302653).epsilon(1e-6));
  CHECK(student_t_quantile(0.975, 4) == Approx(2.776445).epsilon(1e-6));
  CHECK(student_t_quantile(0.975, 31) == Approx(2.039513).epsilon(1e-6));
  CHECK(student_t_quantile(0.95, 10) == Approx(1.812461).epsilon(1e-6));
  CHECK(student_t_quantile(0.975, 1e6) == Approx(1.959966).epsilon(1e-5));
  CHECK(student_t_quantile(0.5, 7) == Approx(0.0).margin(1e-6));
  CHECK(student_t_quantile(0.025, 4) == Approx(-2.776445).epsilon(1e-6));
}

TEST_CASE("a mean's interval is t times the standard error", "[report]") {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};  // mean 5, squares sum to 32
  const Statistics of = statistics_of(values);
  CHECK(of.count == 8);
  CHECK(of.mean == Approx(5.0));
  CHECK(of.deviation == Approx(std::sqrt(32.0 / 7.0)));
  CHECK(of.standard_error == Approx(std::sqrt(32.0 / 7.0 / 8.0)));
  CHECK(of.high - of.mean == Approx(2.364624 * of.standard_error).epsilon(1e-6));
  CHECK(of.mean - of.low == Approx(of.high - of.mean));
  const std::vector<double> one = {3.0};
  CHECK(statistics_of(one).low == 3.0);
  CHECK(statistics_of(one).deviation == 0.0);
}

TEST_CASE("quantiles lie between the sorted values", "[report]") {
  CHECK(quantile({3, 1, 2, 4}, 0.0) == 1.0);
  CHECK(quantile({3, 1, 2, 4}, 1.0) == 4.0);
  CHECK(quantile({3, 1, 2, 4}, 0.5) == Approx(2.5));
  CHECK(quantile({3, 1, 2, 4}, 0.25) == Approx(1.75));
  CHECK(quantile({7}, 0.25) == 7.0);
}

TEST_CASE("equal values share their ranks", "[report]") {
  const std::vector<double> values = {10, 20, 10, 30, 20, 20};
  CHECK((ranks(values) == std::vector<double>{1.5, 4, 1.5, 6, 4, 4}));
}

TEST_CASE("Spearman's correlation sees order alone, and ties", "[report]") {
  const std::vector<double> x = {1, 2, 3, 4, 5}, cubes = {1, 8, 27, 64, 125}, down = {9, 7, 5, 3, 1};
  CHECK(rank_correlation(x, cubes) == Approx(1.0));
  CHECK(rank_correlation(x, down) == Approx(-1.0));
  const std::vector<double> swapped = {1, 3, 2, 4, 5};  // 1 - 6 * 2 / (5 * 24)
  CHECK(rank_correlation(x, swapped) == Approx(0.9));
  const std::vector<double> a = {1, 2, 2, 3}, b = {1, 2, 3, 4};  // 4.5 / sqrt(4.5 * 5)
  CHECK(rank_correlation(a, b) == Approx(4.5 / std::sqrt(22.5)));
  const std::vector<double> constant(5, 1.0), alone = {1.0};
  CHECK(std::isnan(rank_correlation(x, constant)));
  CHECK(std::isnan(rank_correlation(alone, alone)));
}
