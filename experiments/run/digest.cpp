#include "experiments/run/digest.h"

#include <xxhash.h>

#include <cstdio>

namespace reverie {

std::string digest_of(const std::string& text) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  return digits;
}

}  // namespace reverie
