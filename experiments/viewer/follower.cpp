#include "experiments/viewer/follower.h"

#include <chrono>
#include <utility>

#include "experiments/run/machine.h"

namespace reverie {

Follower::Follower(const Experiment& run, LoadedAgent driving, bool beside) : run_(run), newest_(std::move(driving)) {
  look();
  if (beside) {
    thread_ = std::thread([this] {
      use_one_thread();
      std::unique_lock lock(mutex_);
      while (!stopping_.wait_for(lock, std::chrono::seconds(1), [this] { return stop_; })) {
        lock.unlock();
        look();
        lock.lock();
      }
    });
  }
}

Follower::~Follower() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::optional<LoadedAgent> Follower::take() {
  if (!thread_.joinable()) {
    look();
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, std::nullopt);
}

void Follower::look() {
  run_trains_ = run_.run.in_use();
  std::optional<LoadedAgent> newer = load_newer(run_, newest_);
  if (!newer) {
    return;
  }
  // A run that goes on writes its last controller again.
  const bool differs =
      newer->point != newest_.point || newer->model_id != newest_.model_id || newer->policy != newest_.policy;
  newest_ = *newer;
  if (differs) {
    const std::lock_guard lock(mutex_);
    waiting_ = std::move(newer);
  }
}

}  // namespace reverie
