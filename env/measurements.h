// Named numbers that a learner reports, such as its losses.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace reverie {

using Measurements = std::vector<std::pair<std::string, double>>;  // in the order in which they are shown

}  // namespace reverie
