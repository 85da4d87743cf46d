// How dreams diverge from the recording, over the horizon.
#pragma once

#include <string>
#include <vector>

#include "experiments/report/comparison.h"

namespace reverie {

// Over the dreams, at each step: the mean, and the first and third quartile.
struct BandCurve {
  std::vector<double> mean, low, high;  // [horizon]
};

struct HorizonCurves {
  int horizon = 0;
  BandCurve dream_error, frozen_error, reconstruction_error;
  BandCurve dream_ssim, frozen_ssim, reconstruction_ssim;
  BandCurve latent_nll, informed_nll;
  // |accumulated reward - recorded|, of the dream and of a baseline: the mean reward before the dream, at each step.
  BandCurve reward_error, steady_reward_error;
  int divergence = 0;  // divergence_horizon() of the mean pixel errors
};
HorizonCurves horizon_curves(const std::vector<Drift>& drifts);  // at least one drift

// Of all dreamed steps whose end probability lies in [low, high).
struct CalibrationBin {
  double low = 0, high = 0;
  int count = 0, ended = 0;  // ended: recorded ends among them
  double predicted = 0;      // mean probability
};
std::vector<CalibrationBin> end_calibration(const std::vector<Drift>& drifts);

std::string horizon_words(int divergence, int horizon);  // "23 steps" or "more than 64 steps"

}  // namespace reverie
