// For fuzzers of files with a checksum: one that fits whatever the file holds.
#pragma once

#include <xxhash.h>

#include <cstdio>
#include <string>

namespace reverie {

// As worldmodel/data/tensor_file.h says: XXH3-64 of the file with the digits as zeros. A header's length that does not
// fit is left alone; a text without a checksum, too.
inline void reseal(std::string& text) {
  const std::string key = "\"checksum\":\"";
  const std::size_t at = text.find(key);
  if (at == std::string::npos || at + key.size() + 16 > text.size()) {
    return;
  }
  text.replace(at + key.size(), 16, 16, '0');
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(text.data(), text.size())));
  text.replace(at + key.size(), 16, digits);
}

}  // namespace reverie
