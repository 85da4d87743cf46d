// The weight file of an RSSM in a run.
#pragma once

#include "experiments/models/rssm/settings.h"
#include "experiments/models/vae/weights.h"
#include "experiments/run/experiment.h"
#include "worldmodel/rssm/rssm_model.h"

namespace reverie {

inline constexpr const char* kRssmKind = "rssm/1";

std::filesystem::path rssm_path(const RunDirectory& run, int iteration);

// Changes when the weights do. Error (kind data) where there are none, naming the command that makes them, as the next.
std::string rssm_identity(const Experiment& experiment, int iteration);
Rssm load_rssm(const Experiment& experiment, int iteration);

// Untrained, of the config's sizes. Equal seeds, equal weights.
Rssm new_rssm(const ExperimentConfig& config, int action_size);

// The V that the RSSM sees through; of input pixels none: it brings its own.
Vae eyes_of(const Experiment& experiment, int iteration);

}  // namespace reverie
