#pragma once

#include "env/games.h"

namespace reverie {

GameEntry take_cover_entry();

}  // namespace reverie
