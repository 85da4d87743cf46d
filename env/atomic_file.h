// Files that are written whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace reverie {

// Writes a temporary file beside `path`, syncs it to the disk and renames it. A reader finds the old file or the new
// one, also after a crash or a power cut. Errors (kind other) name the file and the system's reason; the old file is
// then unchanged and the temporary file is removed. One temporary file per name, ".NAME.tmp": no two threads may write
// one path at once. If `path` is a symbolic link, the file that it points to is replaced and the link
// stays. A device or a named pipe cannot be replaced: the bytes are written into it.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// Throws the Error that write_file_atomically would throw, so that a command can fail before its work. The file stays
// as it is.
void check_writable(const std::filesystem::path& path);

// Errors (kind data) name the file: missing, unreadable, or larger than max_bytes.
std::string read_file(const std::filesystem::path& path,
                      std::uintmax_t max_bytes = std::numeric_limits<std::uintmax_t>::max());

// A file descriptor that closes itself.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return descriptor_; }
  int release();

 private:
  int descriptor_;
};

FileDescriptor open_to_read(
    const std::filesystem::path& path);  // Error (kind data) if it cannot, or if not a plain file

std::uint64_t size_of(const FileDescriptor& file, const std::filesystem::path& path);

// Exactly bytes.size() bytes from `offset`. Error (kind data) naming `path` where the file is shorter.
void read_exactly(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                  std::span<std::byte> bytes);

// All of the bytes at the descriptor's position. Error (kind other) naming `path`.
void write_all(const FileDescriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace reverie
