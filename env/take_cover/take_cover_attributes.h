// What can be said of a moment of the game: where the player stands, how many fireballs there are, which one is close.
#pragma once

#include <vector>

#include "env/attribute.h"

namespace reverie {

std::vector<GameAttribute> take_cover_attributes();

}  // namespace reverie
