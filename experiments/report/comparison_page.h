// A comparison as a page for people.
#pragma once

#include <string>

#include "experiments/report/comparison.h"

namespace reverie {

std::string comparison_page(const Comparison& comparison);

}  // namespace reverie
