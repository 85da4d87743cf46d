#include "env/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "env/error.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

int folder_sync_error = 0;  // what a sync of a folder gives, in place of the system's answer

}  // namespace

// The C library's, for the whole test program: no file system here refuses it.
extern "C" int fsync(int descriptor) {
  struct stat status;
  if (folder_sync_error != 0 && ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = folder_sync_error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace {

std::string reason(int number) {
  return std::generic_category().message(number);
}

int entries_in(const std::filesystem::path& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a file comes back as it was written, and nothing else is left in the folder", "[env]") {
  const TemporaryFolder folder;
  const std::string text = std::string(3000000, 'x') + std::string("\0\xff\n", 3);
  write_file_atomically(folder / "a", text);
  CHECK(read_file(folder / "a") == text);
  write_file_atomically(folder / "a", "second");
  CHECK(read_file(folder / "a") == "second");
  write_file_atomically(folder / "a", "");
  CHECK(read_file(folder / "a").empty());
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("a file name without a folder is one in the current folder", "[env]") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file_atomically("plain", "text");
  std::filesystem::current_path(before);
  CHECK(read_file(folder / "plain") == "text");
}

TEST_CASE("a temporary left by a killed process does not matter", "[env]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / ".a.tmp", "half of a");
  write_file_atomically(folder / "a", "whole");
  CHECK(read_file(folder / "a") == "whole");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("writing into a missing folder names the file and the reason", "[env]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "missing" / "a";
  CHECK(message_of<Error>([&] { write_file_atomically(path, "x"); }) ==
        path.string() + ": cannot be written: " + reason(ENOENT));
}

TEST_CASE("a name that is a folder cannot be replaced, and the temporary is gone", "[env]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  CHECK(message_of<Error>([&] { write_file_atomically(folder / "a", "x"); }) ==
        (folder / "a").string() + ": cannot be replaced: " + reason(EISDIR));
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("where the system refuses the bytes, the old file stays and the temporary goes", "[env]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "old");
  // In a process of its own, since the limit and the signal it sends hold for a whole process.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message =
        message_of<Error>([&] { write_file_atomically(folder / "a", std::string(10000, 'x')); });
    ::_exit(message == (folder / "a").string() + ": cannot be written: " + reason(EFBIG) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(read_file(folder / "a") == "old");
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("a full disk is an error that names the file", "[env]") {
  const FileDescriptor full(::open("/dev/full", O_WRONLY));
  if (full.get() >= 0) {
    CHECK(message_of<Error>([&] { write_all(full, "weights", std::as_bytes(std::span("abc"))); }) ==
          "weights: cannot be written: " + reason(ENOSPC));
  }
}

TEST_CASE("what cannot be read is named, with the reason", "[env]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  CHECK(message_of<Error>([&] { read_file(path); }) == path.string() + ": cannot be read: " + reason(ENOENT));
  CHECK(message_of<Error>([&] { read_file(folder.path()); }) ==
        folder.path().string() + ": expected a file, found a folder");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(message_of<Error>([&] { read_file(path); }) == path.string() + ": expected a file, found something else");
  write_file_atomically(folder / "b", "12345");
  CHECK(message_of<Error>([&] { read_file(folder / "b", 4); }) ==
        (folder / "b").string() + ": expected at most 4 bytes, found 5");
  CHECK(read_file(folder / "b", 5) == "12345");
  std::byte bytes[4];
  CHECK(message_of<Error>([&] { read_exactly(open_to_read(folder / "b"), folder / "b", 3, bytes); }) ==
        (folder / "b").string() + ": ends early: expected 2 more bytes at 5");
}

TEST_CASE("a symbolic link stays, and the file that it names is replaced or made", "[env]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "far");
  write_file_atomically(folder / "far/a", "old");
  std::filesystem::create_symlink("far/a", folder / "link");
  std::filesystem::create_symlink("link", folder / "chain");
  std::filesystem::create_symlink(folder / "far/new", folder / "dangling");
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const char* name : {"link", "chain"}) {
    check_writable(folder / name);
    write_file_atomically(folder / name, name);
    CHECK(std::filesystem::is_symlink(folder / name));
    CHECK(read_file(folder / "far/a") == name);
  }
  check_writable(folder / "dangling");
  CHECK(!std::filesystem::exists(folder / "far/new"));
  write_file_atomically(folder / "dangling", "made");
  CHECK(read_file(folder / "far/new") == "made");
  CHECK(entries_in(folder / "far") == 2);
  for (const auto& act : {+[](const std::filesystem::path& path) { write_file_atomically(path, "x"); },
                          +[](const std::filesystem::path& path) { check_writable(path); }}) {
    CHECK(message_of<Error>([&] { act(folder / "loop"); }) ==
          (folder / "loop").string() + ": cannot be written: " + reason(ELOOP));
  }
}

TEST_CASE("a named pipe is written to and stays", "[env]") {
  const TemporaryFolder folder;
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  check_writable(path);  // waits for no reader
  std::string got;
  std::thread reader([&] {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY));
    char bytes[16];
    for (ssize_t count; (count = ::read(file.get(), bytes, sizeof bytes)) > 0;) {
      got.append(bytes, static_cast<std::size_t>(count));
    }
  });
  write_file_atomically(path, "through the pipe");
  reader.join();
  CHECK(got == "through the pipe");
  CHECK(std::filesystem::is_fifo(path));
  CHECK(entries_in(folder.path()) == 1);
}

TEST_CASE("a device is written to and stays", "[env]") {
  const TemporaryFolder folder;
  if (::mknod((folder / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0 &&  // only root may
      ::mknod((folder / "full").c_str(), S_IFCHR | 0600, makedev(1, 7)) == 0) {
    try {
      write_file_atomically(folder / "null", "gone");
    } catch (const Error& error) {  // devices are not allowed on this file system
      CHECK(error.what() == (folder / "null").string() + ": cannot be written: " + reason(EACCES));
      return;
    }
    CHECK(std::filesystem::is_character_file(folder / "null"));
    CHECK(message_of<Error>([&] { write_file_atomically(folder / "full", "x"); }) ==
          (folder / "full").string() + ": cannot be written: " + reason(ENOSPC));
    CHECK(std::filesystem::is_character_file(folder / "full"));
    CHECK(entries_in(folder.path()) == 2);
  }
}

TEST_CASE("whether a file could be written is known before, and changes nothing", "[env]") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "old");
  check_writable(folder / "a");
  check_writable(folder / "b");
  CHECK(read_file(folder / "a") == "old");
  CHECK(entries_in(folder.path()) == 1);
  CHECK(message_of<Error>([&] { check_writable(folder / "none/a"); }) ==
        (folder / "none/a").string() + ": cannot be written: " + reason(ENOENT));
  CHECK(message_of<Error>([&] { check_writable(folder.path()); }) ==
        folder.path().string() + ": cannot be replaced: " + reason(EISDIR));
}

TEST_CASE("a file system that cannot sync a folder is good enough, one that fails is not", "[env]") {
  const TemporaryFolder folder;
  for (const int error : {EINVAL, ENOSYS, ENOTSUP}) {
    folder_sync_error = error;
    write_file_atomically(folder / "a", str(error));
    CHECK(read_file(folder / "a") == str(error));
  }
  folder_sync_error = EIO;
  CHECK(message_of<Error>([&] { write_file_atomically(folder / "a", "x"); }) ==
        folder.path().string() + ": cannot be synced to the disk: " + reason(EIO));
  folder_sync_error = 0;
}
