#include "env/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "env/error.h"
#include "env/memory_files.h"

namespace reverie {
namespace {

[[noreturn]] void fail(ErrorKind kind, const std::filesystem::path& path, const char* what) {
  const int reason = errno;
  throw Error(kind, str(path.string(), ": ", what, ": ", std::generic_category().message(reason)));
}

// These errors mean that the file system cannot sync at all: CIFS, shared folders of virtual machines, some FUSE.
void sync(const FileDescriptor& file, const std::filesystem::path& path) {
  while (::fsync(file.get()) != 0) {
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) {
      return;
    }
    if (errno != EINTR) {
      fail(ErrorKind::other, path, "cannot be synced to the disk");
    }
  }
}

// Makes a rename in the folder last. A folder that we may write but not list (EACCES) cannot be opened, and is left.
void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) {
    sync(directory, folder);
  } else if (errno != EACCES) {
    fail(ErrorKind::other, folder, "cannot be opened");
  }
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::filesystem::path temporary_of(const std::filesystem::path& path) {
  return folder_of(path) / ("." + path.filename().string() + ".tmp");
}

// The path at the end of all symbolic links. It need not exist.
std::filesystem::path target_of(std::filesystem::path path) {
  constexpr int kMaxLinks = 40;  // as Linux has it
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
    if (links == kMaxLinks) {
      errno = ELOOP;
      fail(ErrorKind::other, path, "cannot be written");
    }
    const std::filesystem::path next = std::filesystem::read_symlink(path, error);
    if (error) {
      errno = error.value();
      fail(ErrorKind::other, path, "cannot be written");
    }
    path = folder_of(path) / next;  // `next` alone where it begins at the root
  }
  return path;
}

// A device, a named pipe or a socket: a rename would put a plain file in its place.
bool is_special(const std::filesystem::path& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_special(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));  // a pipe waits for its reader
  if (file.get() < 0) {
    fail(ErrorKind::other, path, "cannot be written");
  }
  write_all(file, path, bytes);
  if (::close(file.release()) != 0) {
    fail(ErrorKind::other, path, "cannot be written");
  }
}

FileDescriptor open_temporary(const std::filesystem::path& temporary, const std::filesystem::path& path) {
  FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) {
    fail(ErrorKind::other, path, "cannot be written");
  }
  return file;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

int FileDescriptor::release() {
  return std::exchange(descriptor_, -1);
}

void write_all(const FileDescriptor& file, const std::filesystem::path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail(ErrorKind::other, path, "cannot be written");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  if (is_special(path)) {
    write_special(path, bytes);
    return;
  }
  const std::filesystem::path target = target_of(path), temporary = temporary_of(target);
  FileDescriptor file = open_temporary(temporary, path);
  try {
    write_all(file, path, bytes);
    sync(file, path);
    if (::close(file.release()) != 0) {
      fail(ErrorKind::other, path, "cannot be written");
    }
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
      fail(ErrorKind::other, path, "cannot be replaced");
    }
  } catch (const Error&) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(folder_of(target));
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

void check_writable(const std::filesystem::path& path) {
  if (is_special(path)) {
    if (::access(path.c_str(), W_OK) != 0) {  // not opened: the reader of a pipe would see the pipe close
      fail(ErrorKind::other, path, "cannot be written");
    }
    return;
  }
  const std::filesystem::path target = target_of(path), temporary = temporary_of(target);
  if (std::filesystem::is_directory(target)) {
    errno = EISDIR;
    fail(ErrorKind::other, path, "cannot be replaced");
  }
  open_temporary(temporary, path);
  ::unlink(temporary.c_str());
}

FileDescriptor open_to_read(const std::filesystem::path& path) {
  // O_NONBLOCK: a named pipe is refused below and not waited for.
  FileDescriptor file(::open(memory_path(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    fail(ErrorKind::data, path, "cannot be read");
  }
  struct stat status;
  if (::fstat(file.get(), &status) != 0) {
    fail(ErrorKind::data, path, "cannot be read");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::data, str(path.string(), ": expected a file, found ",
                                     S_ISDIR(status.st_mode) ? "a folder" : "something else"));
  }
  return file;
}

std::uint64_t size_of(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) {
    fail(ErrorKind::data, path, "cannot be read");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

void read_exactly(const FileDescriptor& file, const std::filesystem::path& path, std::uint64_t offset,
                  std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail(ErrorKind::data, path, "cannot be read");
    }
    if (count == 0) {
      throw Error(ErrorKind::data,
                  str(path.string(), ": ends early: expected ", bytes.size(), " more bytes at ", offset));
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::string read_file(const std::filesystem::path& path, std::uintmax_t max_bytes) {
  const FileDescriptor file = open_to_read(path);
  const std::uint64_t size = size_of(file, path);
  if (size > max_bytes) {
    throw Error(ErrorKind::data, str(path.string(), ": expected at most ", max_bytes, " bytes, found ", size));
  }
  std::string text(size, '\0');
  read_exactly(file, path, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace reverie
