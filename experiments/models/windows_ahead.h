// Training windows that are read while the model learns from the one before.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "experiments/run/machine.h"

namespace reverie {

// Windows in the sampler's order. Each is read ahead, because reading takes a third as long as an update.
template <typename Sampler>
class WindowsAhead {
 public:
  using Window = decltype(std::declval<Sampler>().next());

  explicit WindowsAhead(std::unique_ptr<Sampler> sampler) : sampler_(std::move(sampler)) { begin(); }
  WindowsAhead(const WindowsAhead&) = delete;
  WindowsAhead& operator=(const WindowsAhead&) = delete;

  Window next() {
    Window window = next_.get();
    begin();
    return window;
  }

 private:
  void begin() {
    next_ = std::async(std::launch::async, [this] {
      use_one_thread();
      return sampler_->next();
    });
  }

  std::unique_ptr<Sampler> sampler_;
  std::future<Window> next_;  // declared last: destroyed first, it waits for its thread, which uses the sampler
};

}  // namespace reverie
