#pragma once

#include "env/games.h"

namespace reverie {

GameEntry car_racing_entry();

}  // namespace reverie
