// Preloaded into the program (LD_PRELOAD): makes a disk fail, or kills the process, at a chosen moment of its writing.
//
//   REVERIE_FAULT         ENOSPC (this write and all later ones), EIO or EFBIG (this write alone), or kill
//   REVERIE_FAULT_AT      k: the k-th write, from 1; with kill the process dies after the k-th call of any kind below
//   REVERIE_FAULT_UNDER   only files below this folder count
//   REVERIE_FAULT_LOG     a file that gets a line when it happens
//
// Calls: open with O_CREAT, write, pwrite, writev, fsync, fdatasync, ftruncate, rename, unlink, mkdir, close.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

template <typename Call>
Call* real(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

struct Plan {
  bool kill = false, lasting = false;
  int error = 0;
  long at = 0;
  std::string under, log;

  Plan() {
    const auto text = [](const char* name) {
      const char* const value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    const std::string fault = text("REVERIE_FAULT");
    kill = fault == "kill";
    lasting = fault == "ENOSPC";
    error = fault == "ENOSPC" ? ENOSPC : fault == "EIO" ? EIO : fault == "EFBIG" ? EFBIG : 0;
    at = std::atol(text("REVERIE_FAULT_AT").c_str());
    under = text("REVERIE_FAULT_UNDER");
    log = text("REVERIE_FAULT_LOG");
  }
};

const Plan& plan() {
  static const Plan plan;
  return plan;
}

bool counts(const char* path) {
  return !plan().under.empty() && path != nullptr &&
         std::strncmp(path, plan().under.c_str(), plan().under.size()) == 0;
}

bool counts(int descriptor) {
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size < 0) {
    return false;
  }
  path[size] = '\0';
  return counts(path);
}

void tell(const char* what) {
  const int log = real<int(const char*, int, ...)>("open")(plan().log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  char line[64];
  const int size = std::snprintf(line, sizeof line, "%s\n", what);
  if (log >= 0) {
    real<ssize_t(int, const void*, size_t)>("write")(log, line, static_cast<size_t>(size));
    real<int(int)>("close")(log);
  }
}

// After a call of any kind.
void after(bool counted, const char* what) {
  static std::atomic<long> calls = 0;
  if (plan().kill && counted && ++calls == plan().at) {
    tell(what);
    ::kill(::getpid(), SIGKILL);
    ::pause();
  }
}

// Before a write: whether it fails, with errno set.
bool fails(bool counted) {
  static std::atomic<long> writes = 0;
  if (plan().error == 0 || !counted) {
    return false;
  }
  const long number = ++writes;
  if (number == plan().at) {
    tell("write");
  }
  errno = plan().error;
  return number == plan().at || (plan().lasting && number > plan().at);
}

template <typename Call, typename... Arguments>
auto write_by(const char* name, int descriptor, Arguments... arguments) {
  const bool counted = counts(descriptor);
  using Result = decltype(real<Call>(name)(descriptor, arguments...));
  if (fails(counted)) {
    return static_cast<Result>(-1);
  }
  const Result result = real<Call>(name)(descriptor, arguments...);
  after(counted, name);
  return result;
}

int open_by(const char* name, const char* path, int flags, va_list more) {
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  const int descriptor = real<int(const char*, int, ...)>(name)(path, flags, mode);
  after((flags & O_CREAT) != 0 && descriptor >= 0 && counts(descriptor), name);
  return descriptor;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int descriptor = open_by("open", path, flags, more);
  va_end(more);
  return descriptor;
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int descriptor = open_by("open64", path, flags, more);
  va_end(more);
  return descriptor;
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  return write_by<ssize_t(int, const void*, size_t)>("write", descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return write_by<ssize_t(int, const void*, size_t, off_t)>("pwrite", descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return write_by<ssize_t(int, const void*, size_t, off64_t)>("pwrite64", descriptor, bytes, size, offset);
}

ssize_t writev(int descriptor, const struct iovec* pieces, int count) {
  return write_by<ssize_t(int, const struct iovec*, int)>("writev", descriptor, pieces, count);
}

int fsync(int descriptor) {
  const bool counted = counts(descriptor);
  const int result = real<int(int)>("fsync")(descriptor);
  after(counted, "fsync");
  return result;
}

int fdatasync(int descriptor) {
  const bool counted = counts(descriptor);
  const int result = real<int(int)>("fdatasync")(descriptor);
  after(counted, "fdatasync");
  return result;
}

int ftruncate(int descriptor, off_t size) noexcept {
  const bool counted = counts(descriptor);
  const int result = real<int(int, off_t)>("ftruncate")(descriptor, size);
  after(counted, "ftruncate");
  return result;
}

int close(int descriptor) {
  const bool counted = plan().kill && counts(descriptor);
  const int result = real<int(int)>("close")(descriptor);
  after(counted, "close");
  return result;
}

int rename(const char* from, const char* to) noexcept {
  const int result = real<int(const char*, const char*)>("rename")(from, to);
  after(counts(to), "rename");
  return result;
}

int unlink(const char* path) noexcept {
  const int result = real<int(const char*)>("unlink")(path);
  after(counts(path), "unlink");
  return result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  const int result = real<int(const char*, mode_t)>("mkdir")(path, mode);
  after(counts(path), "mkdir");
  return result;
}

}  // extern "C"
