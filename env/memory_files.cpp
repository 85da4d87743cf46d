#include "env/memory_files.h"

#include <sys/mman.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <system_error>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {
namespace {

struct Kept {
  std::mutex mutex;
  std::map<std::filesystem::path, FileDescriptor> files;
};

Kept& kept() {
  static Kept files;
  return files;
}

}  // namespace

void keep_in_memory(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  FileDescriptor file(::memfd_create("reverie", MFD_CLOEXEC));
  if (file.get() < 0) {
    throw Error(ErrorKind::other,
                str(path.string(), ": cannot be kept in memory: ", std::generic_category().message(errno)));
  }
  write_all(file, path, bytes);
  const std::lock_guard lock(kept().mutex);
  kept().files.insert_or_assign(path, std::move(file));
}

MemoryFile::~MemoryFile() {
  const std::lock_guard lock(kept().mutex);
  kept().files.erase(path_);
}

std::filesystem::path memory_path(const std::filesystem::path& path) {
  const std::lock_guard lock(kept().mutex);
  const auto found = kept().files.find(path);
  return found == kept().files.end() ? path : std::filesystem::path(str("/proc/self/fd/", found->second.get()));
}

bool file_exists(const std::filesystem::path& path) {
  return std::filesystem::exists(memory_path(path));
}

}  // namespace reverie
