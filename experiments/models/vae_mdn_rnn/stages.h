// The stage that trains M.
#pragma once

#include "experiments/run/stage.h"

namespace reverie {

Stage train_mdn_rnn_stage();

}  // namespace reverie
