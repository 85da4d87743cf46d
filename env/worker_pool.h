// One thread per core, for work that is cut into independent tasks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "env/stopped.h"

namespace reverie {

class Team;

// What the thread that called WorkerPool::run does while the workers work.
class Meanwhile {
 public:
  virtual ~Meanwhile() = default;
  virtual bool poll() = 0;        // whether something happened; what it throws ends the run
  virtual bool busy() const = 0;  // whether the run must go on though its tasks are done
};

class WorkerPool {
 public:
  // on_start runs once in each new thread, before any task: the place to set thread-local library options. should_stop
  // says whether a stop was asked for; it is called often and from any thread, so it must be quick and not throw.
  // Error (kind other) where the system does not allow as many threads; what on_start throws is thrown here.
  explicit WorkerPool(int num_workers, const std::function<void()>& on_start = {},
                      std::function<bool()> should_stop = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int size() const { return static_cast<int>(threads_.size()); }

  // Calls work(task, worker) for each task in [0, num_tasks), once and on any worker in [0, size()), and returns when
  // all are done. Which worker takes which task depends on time: results must not.
  //
  // After a task has thrown, or after a stop, no further tasks begin; tasks that have begun run to their end. Then the
  // exception of the lowest failed task is thrown here; Stopped, where nothing failed but some tasks were not begun or
  // threw Stopped. One run at a time: not from inside a task, nor from two threads. meanwhile: polled again and again
  // from this thread; where poll() throws, that is thrown here once the tasks have ended.
  void run(int num_tasks, const std::function<void(int task, int worker)>& work, Meanwhile* meanwhile = nullptr);

  // Lets a Meanwhile be polled at once: a task has something for it.
  void wake() { finished_.notify_all(); }

  // For tasks that take longer than a moment: whether they should end now, because a stop was asked for or another task
  // of this run has failed. They then throw Stopped.
  bool ending() const { return failed_ || (should_stop_ && should_stop_()); }
  void throw_if_ending() const {
    if (ending()) {
      throw Stopped();
    }
  }

  // Other processes that share the work (env/team.h): null where there are none.
  Team* team() const { return team_; }
  void set_team(Team* team) { team_ = team; }

 private:
  void wait_with(Meanwhile& meanwhile, std::unique_lock<std::mutex>& lock);
  void work_loop(int worker, const std::function<void()>& on_start);
  void join_all();

  const std::function<bool()> should_stop_;
  std::atomic<bool> failed_ = false;  // a task of this run

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  const std::function<void(int, int)>* work_ = nullptr;
  int num_tasks_ = 0, next_task_ = 0, running_ = 0;
  int starting_ = 0;  // threads that are still in on_start
  int failed_task_ = -1;
  std::exception_ptr failure_;
  bool busy_ = false, stopped_ = false, closing_ = false;

  std::vector<std::thread> threads_;
  Team* team_ = nullptr;
};

}  // namespace reverie
