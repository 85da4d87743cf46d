// What evaluate and the closing table of train share.
#pragma once

#include <optional>
#include <vector>

#include "agent/rollout.h"
#include "experiments/run/experiment.h"

namespace reverie {

// The newest iteration whose controller has all its generations; where none has, the newest with a controller. Error
// (kind data) where there is no controller.
int newest_complete_iteration(const Experiment& experiment);

// Dreams from held-out moments (first frames, or any), without the pay cap; at the config's temperature unless another
// one is given.
std::vector<EpisodeResult> play_in_dream(const Experiment& experiment, const VaeMdnRnn& model, int iteration,
                                         const std::vector<double>& parameters, bool starts_any, int horizon,
                                         const std::vector<std::uint64_t>& seeds,
                                         std::optional<double> temperature = {});

// The closing table: the trained controller beside what has not learnt, in the game and in the dream; into summary.json
// and onto standard error. What is there already for the same controller is kept.
void write_summary(Experiment& experiment);

}  // namespace reverie
