#include "experiments/app/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <streambuf>
#include <string>
#include <system_error>

#include "env/error.h"

namespace reverie {
namespace {

// 0 or errno. All of the text, also where the descriptor does not block.
int write_text(int descriptor, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(descriptor, text.data() + at, text.size() - at);
    if (count >= 0) {
      at += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      pollfd ready = {descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int descriptor) : descriptor_(descriptor) {}

  // The first one, as errno; 0 where all was written.
  int failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    const std::lock_guard lock(mutex_);
    waiting_.append(text, static_cast<std::size_t>(count));
    if (waiting_.size() >= kMostWaiting) {
      write();
    }
    return count;
  }

  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      const char text = traits_type::to_char_type(c);
      xsputn(&text, 1);
    }
    return traits_type::not_eof(c);
  }

  int sync() override {
    const std::lock_guard lock(mutex_);
    write();
    return 0;
  }

 private:
  static constexpr std::size_t kMostWaiting = 1 << 16;

  void write() {
    const int error = write_text(descriptor_, waiting_);
    waiting_.clear();
    failure_ = failure_ == 0 ? error : failure_;
  }

  const int descriptor_;
  mutable std::mutex mutex_;
  std::string waiting_;
  int failure_ = 0;
};

void open_closed_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      // open() takes the lowest free number, which is this descriptor. Standard output is opened for reading only, so
      // that a command whose output has nowhere to go fails.
      [[maybe_unused]] const int opened = ::open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

}  // namespace

struct StandardStreams::Impl {
  DescriptorBuffer output{STDOUT_FILENO}, messages{STDERR_FILENO};
  std::streambuf *output_before = nullptr, *messages_before = nullptr;
};

StandardStreams::StandardStreams() : impl_(std::make_unique<Impl>()) {
  open_closed_descriptors();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  impl_->output_before = std::cout.rdbuf(&impl_->output);
  impl_->messages_before = std::cerr.rdbuf(&impl_->messages);
}

StandardStreams::~StandardStreams() {
  std::cout.rdbuf(impl_->output_before);
  std::cerr.rdbuf(impl_->messages_before);
}

void StandardStreams::flush() {
  std::cout.flush();
  if (const int error = impl_->output.failure(); error != 0) {
    throw Error(ErrorKind::other, str("standard output: cannot be written: ", std::generic_category().message(error)));
  }
}

bool StandardStreams::lost_messages() const {
  return impl_->messages.failure() != 0 || std::ferror(stderr) != 0;
}

}  // namespace reverie
