// The stages of one iteration, in their order.
#pragma once

#include <vector>

#include "experiments/run/stage.h"

namespace reverie {

Stage collect_stage();
Stage train_vae_stage();
Stage train_mdn_rnn_stage();
Stage train_controller_stage();

std::vector<Stage> stages();  // all of them

// The end of train-controller: scores the iteration's checkpoints in dreams from held-out moments and keeps
// which did best. No real score is looked at.
void choose_controller(const Experiment& experiment, int iteration);

}  // namespace reverie
