// The stages of V and M.
#pragma once

#include "experiments/run/stage.h"

namespace reverie {

Stage train_vae_stage();
Stage train_mdn_rnn_stage();

}  // namespace reverie
