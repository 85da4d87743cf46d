// The stage that trains V.
#pragma once

#include "experiments/run/stage.h"

namespace reverie {

Stage train_vae_stage();

}  // namespace reverie
