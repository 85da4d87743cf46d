// This program again, as a child that ends when it does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace reverie {

class ChildProcess {
 public:
  // arguments: without the program's name; program: that name, for the child's records. What it says is added to the
  // file `log`. The child has a process group of its own, so that Ctrl-C reaches it through us alone, and is killed
  // where we die. To be called on the main thread: the system kills it when the thread that made it ends. Error (kind
  // other).
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments, const std::filesystem::path& log);
  ChildProcess(ChildProcess&& other) noexcept : id_(other.id_) { other.id_ = -1; }
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();  // kills it where it has not ended

  std::optional<int> ended();  // the exit code, or minus the signal that killed it; none while it runs
  void ask_to_stop();          // SIGTERM

 private:
  pid_t id_ = -1;  // -1: none, or it has ended
};

// The last line that is not empty, of at most the last 4 KiB of a file; empty where there is none.
std::string last_line(const std::filesystem::path& log);

}  // namespace reverie
