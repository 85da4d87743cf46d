#include "experiments/report/ssim.h"

#include <cstddef>

#include "env/error.h"

namespace reverie {
namespace {

constexpr int kWindow = 8, kStep = 4;
constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;

}  // namespace

double ssim(int height, int width, std::span<const float> a, std::span<const float> b) {
  REVERIE_CHECK(height, >=, kWindow);
  REVERIE_CHECK(width, >=, kWindow);
  REVERIE_CHECK(a.size(), ==, static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  REVERIE_CHECK(a.size(), ==, b.size());
  double sum = 0.0;
  int windows = 0;
  for (int top = 0; top + kWindow <= height; top += kStep) {
    for (int left = 0; left + kWindow <= width; left += kStep) {
      double mean_a = 0.0, mean_b = 0.0, aa = 0.0, bb = 0.0, ab = 0.0;
      for (int y = top; y < top + kWindow; ++y) {
        const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (int x = left; x < left + kWindow; ++x) {
          const double va = a[row + static_cast<std::size_t>(x)], vb = b[row + static_cast<std::size_t>(x)];
          mean_a += va;
          mean_b += vb;
          aa += va * va;
          bb += vb * vb;
          ab += va * vb;
        }
      }
      constexpr double kCount = kWindow * kWindow;
      mean_a /= kCount;
      mean_b /= kCount;
      const double variances = aa / kCount - mean_a * mean_a + bb / kCount - mean_b * mean_b;
      const double covariance = ab / kCount - mean_a * mean_b;
      sum += (2.0 * mean_a * mean_b + kC1) * (2.0 * covariance + kC2) /
             ((mean_a * mean_a + mean_b * mean_b + kC1) * (variances + kC2));
      ++windows;
    }
  }
  return sum / windows;
}

}  // namespace reverie
