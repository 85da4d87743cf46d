// Files that lie in memory under the name of a file elsewhere: what a process is sent by one that sees the run's
// folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace reverie {

// From now on who opens `path` to read (env/atomic_file.h) is given these bytes, whatever the disk holds. Error (kind
// other) where the system gives no memory for them.
void keep_in_memory(const std::filesystem::path& path, std::span<const std::byte> bytes);

// The same until its end.
class MemoryFile {
 public:
  MemoryFile(std::filesystem::path path, std::span<const std::byte> bytes) : path_(std::move(path)) {
    keep_in_memory(path_, bytes);
  }
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

 private:
  std::filesystem::path path_;
};

// Where to open what is kept for `path`; `path` itself where nothing is.
std::filesystem::path memory_path(const std::filesystem::path& path);

bool file_exists(const std::filesystem::path& path);  // in memory or on the disk

}  // namespace reverie
