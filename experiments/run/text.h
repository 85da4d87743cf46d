// Small values as text.
#pragma once

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

}  // namespace reverie
