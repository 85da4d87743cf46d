// For fuzzers of files with a checksum: a folder of their own, and a checksum that fits whatever the file holds.
#pragma once

#include <unistd.h>
#include <xxhash.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "env/error.h"

namespace reverie {

inline std::filesystem::path fuzz_folder() {
  static const std::filesystem::path folder = [] {
    const std::filesystem::path made =
        std::filesystem::temp_directory_path() / ("reverie-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(made);
    return made;
  }();
  return folder;
}

// Without the sync of write_file_atomically, which would take most of the time.
inline void write_plainly(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

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
