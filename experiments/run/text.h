// Small values as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/error.h"

namespace reverie {

// "1, 2, 3".
template <typename Value>
std::string joined(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) {
    text += str(text.empty() ? "" : ", ", value);
  }
  return text;
}

// "4.45 MB".
inline std::string megabytes(std::uintmax_t bytes) {
  return str(static_cast<double>(bytes / 10000) / 100.0, " MB");
}

}  // namespace reverie
