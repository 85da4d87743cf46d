// Follows a run that trains: looks for newer controllers, and loads them beside whoever drives with them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "experiments/viewer/loaded_agent.h"

namespace reverie {

class Follower {
 public:
  // The first look is taken here. beside: then once a second on a thread of its own, else at each take(). A look reads
  // the names in two or three folders. run must outlive this object.
  Follower(const Experiment& run, LoadedAgent driving, bool beside);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // The newest that was found since the last call, whole.
  std::optional<LoadedAgent> take();

  bool run_trains() const { return run_trains_; }  // at the last look

 private:
  void look();

  const Experiment& run_;
  LoadedAgent newest_;  // found so far; the looking thread's own
  std::atomic<bool> run_trains_ = false;

  std::mutex mutex_;
  std::condition_variable stopping_;
  std::optional<LoadedAgent> waiting_;  // guarded by mutex_, as the next
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace reverie
