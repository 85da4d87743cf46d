// The stages of one iteration, in their order. Each goes on where it stopped and does nothing where it is done.
#pragma once

#include "experiments/experiment.h"

namespace reverie {

void collect_iteration(Experiment& experiment, int iteration);
void train_vae_iteration(Experiment& experiment, int iteration);
void train_mdn_rnn_iteration(Experiment& experiment, int iteration);
void train_controller_iteration(Experiment& experiment, int iteration);

// The end of train_controller_iteration: scores the iteration's checkpoints in dreams from held-out moments and keeps
// which did best. No real score is looked at.
void choose_controller(const Experiment& experiment, int iteration);

}  // namespace reverie
