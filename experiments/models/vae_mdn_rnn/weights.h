// M's weight file in a run.
#pragma once

#include "experiments/models/vae/weights.h"
#include "experiments/models/vae_mdn_rnn/settings.h"
#include "experiments/run/experiment.h"

namespace reverie {

inline constexpr const char* kMdnRnnKind = "mdn_rnn/1";

std::filesystem::path mdn_rnn_path(const RunDirectory& run, int iteration);

// Changes when the weights do. Error (kind data) where there are none, naming the command that makes them, as the next.
std::string mdn_rnn_identity(const Experiment& experiment, int iteration);
MdnRnn load_mdn_rnn(const Experiment& experiment, int iteration);

// Untrained, of the config's sizes. Equal seeds, equal weights.
MdnRnn new_mdn_rnn(const ExperimentConfig& config, int action_size);

}  // namespace reverie
