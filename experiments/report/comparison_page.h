// A comparison as an HTML page.
#pragma once

#include <string>

#include "experiments/report/comparison.h"

namespace reverie {

std::string comparison_page(const Comparison& comparison);

}  // namespace reverie
