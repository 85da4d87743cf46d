// How a run's controller is scored.
#pragma once

#include <optional>
#include <vector>

#include "agent/rollout.h"
#include "experiments/run/experiment.h"

namespace reverie {

// From the closing table's first game to those of `compare` and `waist`: a controller that was chosen by that table
// gets an unbiased score there.
inline constexpr std::uint64_t kReportSeedOffset = 500000;

// The newest iteration whose controller has all its generations; where none has, the newest with a controller. Error
// (kind data) where there is no controller.
int newest_complete_iteration(const Experiment& experiment);

// The newest iteration with a world model. Error (kind data) where there is none.
int newest_iteration_with_model(const Experiment& experiment);

// Dreams from held-out moments (first frames, or any), without the pay cap; at the config's temperature unless another
// one is given.
std::vector<EpisodeResult> play_in_dream(const Experiment& experiment, const WorldModel& model, int iteration,
                                         const SavedPolicy& policy, bool starts_any, int horizon,
                                         const std::vector<std::uint64_t>& seeds,
                                         std::optional<double> temperature = {});

}  // namespace reverie
