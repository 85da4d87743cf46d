#include "env/worker_pool.h"

#include <system_error>
#include <utility>

#include "env/backoff.h"
#include "env/error.h"

namespace reverie {

WorkerPool::WorkerPool(int num_workers, const std::function<void()>& on_start, std::function<bool()> should_stop)
    : should_stop_(std::move(should_stop)) {
  REVERIE_CHECK(num_workers, >=, 1);
  threads_.reserve(static_cast<std::size_t>(num_workers));
  starting_ = num_workers;
  try {
    for (int worker = 0; worker < num_workers; ++worker) {
      threads_.emplace_back([this, worker, &on_start] { work_loop(worker, on_start); });
    }
  } catch (const std::system_error& error) {
    const int allowed = size();
    join_all();
    throw Error(ErrorKind::other, str("threads: expected ", num_workers, ", the system started only ", allowed, " (",
                                      error.code().message(), "): set fewer threads, or raise the system's limit"));
  } catch (...) {
    join_all();
    throw;
  }
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return starting_ == 0; });  // they use on_start until then
  if (failure_) {
    const std::exception_ptr failure = std::exchange(failure_, nullptr);
    lock.unlock();
    join_all();
    std::rethrow_exception(failure);
  }
}

WorkerPool::~WorkerPool() {
  join_all();
}

void WorkerPool::join_all() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

// Polls until the tasks are done and `meanwhile` is, too. What poll() throws counts as the failure of the run's first
// task.
void WorkerPool::wait_with(Meanwhile& meanwhile, std::unique_lock<std::mutex>& lock) {
  Backoff backoff;
  const auto tasks_done = [this] { return next_task_ >= num_tasks_ && running_ == 0; };
  const auto given_up = [&] { return failure_ || stopped_ || ending(); };
  while (!tasks_done() || (!given_up() && meanwhile.busy())) {
    if (given_up()) {  // no more polls, which would begin new work
      next_task_ = num_tasks_;
      finished_.wait_for(lock, backoff.next(true));
      continue;
    }
    lock.unlock();
    bool moved = false;
    std::exception_ptr error;
    try {
      moved = meanwhile.poll();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error) {
      failed_ = true;
      failure_ = error;
      failed_task_ = 0;
      next_task_ = num_tasks_;
    } else if (moved) {
      backoff.reset();
    } else if (!tasks_done()) {
      finished_.wait_for(lock, backoff.next(true));
      if (tasks_done()) {
        backoff.reset();
      }
    } else if (meanwhile.busy()) {
      finished_.wait_for(lock, backoff.next());
    }
  }
  stopped_ = stopped_ || (should_stop_ && should_stop_() && meanwhile.busy());
}

void WorkerPool::run(int num_tasks, const std::function<void(int, int)>& work, Meanwhile* meanwhile) {
  std::unique_lock lock(mutex_);
  REVERIE_CHECK(busy_, ==, false);
  busy_ = true;
  work_ = &work;
  num_tasks_ = num_tasks;
  next_task_ = 0;
  failed_task_ = -1;
  stopped_ = false;
  wake_.notify_all();
  if (meanwhile != nullptr) {
    wait_with(*meanwhile, lock);
  }
  finished_.wait(lock, [this] { return next_task_ >= num_tasks_ && running_ == 0; });
  work_ = nullptr;
  num_tasks_ = next_task_ = 0;
  busy_ = failed_ = false;
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  if (stopped_) {
    throw Stopped();
  }
}

void WorkerPool::work_loop(int worker, const std::function<void()>& on_start) {
  std::exception_ptr failure;
  try {
    if (on_start) {
      on_start();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  std::unique_lock lock(mutex_);
  if (failure) {
    failure_ = std::exchange(failure, nullptr);
  }
  if (--starting_ == 0) {
    finished_.notify_all();
  }
  while (true) {
    wake_.wait(lock, [this] { return closing_ || next_task_ < num_tasks_; });
    if (closing_) {
      return;
    }
    if (ending()) {
      stopped_ = true;
      next_task_ = num_tasks_;
    } else {
      const int task = next_task_++;
      ++running_;
      const std::function<void(int, int)>& work = *work_;
      lock.unlock();
      bool stopped = false;
      try {
        work(task, worker);
      } catch (const Stopped&) {
        stopped = true;
      } catch (...) {
        failure = std::current_exception();
        failed_ = true;
      }
      lock.lock();
      stopped_ = stopped_ || stopped;
      if (failure && (failed_task_ < 0 || task < failed_task_)) {
        failed_task_ = task;
        failure_ = failure;
      }
      if (failure || stopped) {
        next_task_ = num_tasks_;
      }
      failure = nullptr;
      --running_;
    }
    if (next_task_ >= num_tasks_ && running_ == 0) {
      finished_.notify_all();
    }
  }
}

}  // namespace reverie
