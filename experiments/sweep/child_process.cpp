#include "experiments/sweep/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/run/stop_flag.h"

namespace reverie {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::other, str(what, ": ", std::generic_category().message(errno)));
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const std::filesystem::path& log) {
  const FileDescriptor out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (out.get() < 0) {
    fail(str(log.string(), ": cannot be written"));
  }
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  // Held back until the child has the system's handlers: one that came before would set a flag that exec forgets.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {  // only what a signal handler may do, too
    release_stop_signals();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(out.get(), STDERR_FILENO);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (::getppid() == parent) {  // else it died before prctl
      ::execv("/proc/self/exe", argv.data());
    }
    ::_exit(127);
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (id_ < 0) {
    errno = error;
    fail("a run cannot be started");
  }
}

ChildProcess::~ChildProcess() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::optional<int> ChildProcess::ended() {
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) {
    return std::nullopt;
  }
  id_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void ChildProcess::ask_to_stop() {
  ::kill(id_, SIGTERM);
}

std::string last_line(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  file.seekg(0, std::ios::end);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  file.seekg(std::max<std::streamoff>(0, size - 4096));
  std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t end = text.find_last_not_of("\n\r ");
  if (end == std::string::npos) {
    return "";
  }
  text.resize(end + 1);
  return text.substr(text.find_last_of("\n\r") + 1);
}

}  // namespace reverie
