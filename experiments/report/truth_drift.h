// What dreams keep of the game's true state, read off by linear probes.
#pragma once

#include <torch/torch.h>

#include "experiments/report/drift.h"

namespace reverie {

// One episode with its dreams.
struct TruthCase {
  torch::Tensor truth;                // [T + 1, truths]
  torch::Tensor seen;                 // [T + 1, feature], shown every frame, with the noise of play
  std::vector<std::int64_t> starts;   // of its dreams
  std::vector<torch::Tensor> dreams;  // of each, [horizon, feature] after its steps
};
// What the model's features were: drifts are measure_drift()'s of that case.
TruthCase make_truth_case(const WorldModel& model, const DriftCase& drift_case, const std::vector<Drift>& drifts,
                          const torch::Tensor& truth);

// The probes read off the features what the truth is; each half of the episodes is read by a probe of the other half.
// Empty where there are fewer than two episodes. names: of the truths; those that never change are left out.
std::vector<TruthDrift> truth_drift(const std::vector<std::string>& names, const std::vector<TruthCase>& cases,
                                    int horizon);

}  // namespace reverie
