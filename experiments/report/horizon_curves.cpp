#include "experiments/report/horizon_curves.h"

#include <cmath>
#include <functional>

#include "env/error.h"
#include "experiments/report/statistics.h"

namespace reverie {
namespace {

// values: [dream][step].
BandCurve band(const std::vector<std::vector<double>>& values) {
  BandCurve curve;
  for (std::size_t step = 0; step < values.front().size(); ++step) {
    std::vector<double> at_step;
    for (const std::vector<double>& of_dream : values) {
      at_step.push_back(of_dream[step]);
    }
    curve.mean.push_back(statistics_of(at_step).mean);
    curve.low.push_back(quantile(at_step, 0.25));
    curve.high.push_back(quantile(at_step, 0.75));
  }
  return curve;
}

BandCurve band_of(const std::vector<Drift>& drifts, const std::function<std::vector<double>(const Drift&)>& of) {
  std::vector<std::vector<double>> values;
  for (const Drift& drift : drifts) {
    values.push_back(of(drift));
  }
  return band(values);
}

// Error of the predicted rewards, summed up to each step.
std::vector<double> accumulated_error(const Drift& drift, const std::function<double(std::size_t)>& promised) {
  std::vector<double> error;
  double sum = 0.0;
  for (std::size_t step = 0; step < drift.trace.recorded_reward.size(); ++step) {
    sum += promised(step) - drift.trace.recorded_reward[step];
    error.push_back(std::abs(sum));
  }
  return error;
}

}  // namespace

HorizonCurves horizon_curves(const std::vector<Drift>& drifts) {
  REVERIE_CHECK(drifts.size(), >, 0u);
  const auto of_trace = [&](std::vector<double> OpenLoopTrace::*member) {
    return band_of(drifts, [member](const Drift& drift) { return drift.trace.*member; });
  };
  const auto of_drift = [&](std::vector<double> Drift::*member) {
    return band_of(drifts, [member](const Drift& drift) { return drift.*member; });
  };
  HorizonCurves curves;
  curves.horizon = static_cast<int>(drifts.front().trace.dream_error.size());
  curves.dream_error = of_trace(&OpenLoopTrace::dream_error);
  curves.frozen_error = of_trace(&OpenLoopTrace::frozen_error);
  curves.reconstruction_error = of_trace(&OpenLoopTrace::reconstruction_error);
  curves.latent_nll = of_trace(&OpenLoopTrace::latent_nll);
  curves.informed_nll = of_trace(&OpenLoopTrace::informed_nll);
  curves.dream_ssim = of_drift(&Drift::dream_ssim);
  curves.frozen_ssim = of_drift(&Drift::frozen_ssim);
  curves.reconstruction_ssim = of_drift(&Drift::reconstruction_ssim);
  curves.reward_error = band_of(drifts, [](const Drift& drift) {
    return accumulated_error(drift, [&](std::size_t step) { return drift.trace.dream_reward[step]; });
  });
  curves.steady_reward_error = band_of(drifts, [](const Drift& drift) {
    return accumulated_error(drift, [&](std::size_t) { return drift.pay_before; });
  });
  curves.divergence = divergence_horizon(curves.dream_error.mean, curves.frozen_error.mean);
  return curves;
}

std::vector<CalibrationBin> end_calibration(const std::vector<Drift>& drifts) {
  const std::vector<double> edges = {0.0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 1.0};
  std::vector<CalibrationBin> bins;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    bins.push_back({edges[i], edges[i + 1], 0, 0, 0.0});
  }
  for (const Drift& drift : drifts) {
    for (std::size_t step = 0; step < drift.trace.end_probability.size(); ++step) {
      const double probability = drift.trace.end_probability[step];
      std::size_t which = 0;
      while (which + 1 < bins.size() && probability >= bins[which].high) {
        ++which;
      }
      ++bins[which].count;
      bins[which].ended += drift.trace.terminated[step];
      bins[which].predicted += probability;
    }
  }
  for (CalibrationBin& bin : bins) {
    bin.predicted = bin.count > 0 ? bin.predicted / bin.count : 0.0;
  }
  return bins;
}

std::string horizon_words(int divergence, int horizon) {
  return divergence == 0   ? str("more than ", horizon, " steps")
         : divergence == 1 ? std::string("1 step")
                           : str(divergence, " steps");
}

}  // namespace reverie
