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

// "reverie compare runs/a", as typed; a dash where nothing is known.
inline std::string command_line(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text.empty() ? "–" : text;
}

// "4.45 MB".
inline std::string megabytes(std::uintmax_t bytes) {
  return str(static_cast<double>(bytes / 10000) / 100.0, " MB");
}

}  // namespace reverie
