// What can be said of a moment of a race: speed, the bend ahead, the place on the road, steering.
#pragma once

#include <vector>

#include "env/attribute.h"

namespace reverie {

std::vector<GameAttribute> car_racing_attributes();

}  // namespace reverie
