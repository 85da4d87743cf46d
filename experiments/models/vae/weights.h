// V's weight file in a run.
#pragma once

#include "experiments/models/vae/settings.h"
#include "experiments/run/experiment.h"

namespace reverie {

inline constexpr const char* kVaeKind = "vae/1";

std::filesystem::path vae_path(const RunDirectory& run, int iteration);

// Changes when the weights do. Error (kind data) where there are none, naming the command that makes them, as the next.
std::string vae_identity(const Experiment& experiment, int iteration);
Vae load_vae(const Experiment& experiment, int iteration);

// Untrained, of the config's sizes. Equal seeds, equal weights.
Vae new_vae(const ExperimentConfig& config);

}  // namespace reverie
