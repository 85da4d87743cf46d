// Standard output and standard error, whose failures are noticed: a full disk, a reader that has gone.
#pragma once

#include <memory>

namespace reverie {

// While it lives, std::cout and std::cerr go through it, and what cannot be written is remembered. A write to a pipe
// without a reader, or past the limit of a file's size, is an error and no signal that ends the process. If the
// process was started without one of the descriptors 0 to 2, it is opened on /dev/null. Otherwise a file of ours could
// get its number, and messages for the user would be written into that file.
class StandardStreams {
 public:
  StandardStreams();
  ~StandardStreams();
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

  void flush();  // Error (kind other) with the system's reason where standard output could not all be written
  bool lost_messages() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reverie
