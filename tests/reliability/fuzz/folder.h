// Where a fuzzer puts its input: a folder of the process's own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

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

}  // namespace reverie
