#include "env/worker_pool.h"

#include "env/error.h"

namespace reverie {

WorkerPool::WorkerPool(int num_workers, const std::function<void()>& on_start) {
  REVERIE_CHECK(num_workers, >=, 1);
  for (int worker = 0; worker < num_workers; ++worker) {
    threads_.emplace_back([this, worker, on_start] {
      if (on_start) {
        on_start();
      }
      work_loop(worker);
    });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void WorkerPool::run(int num_tasks, const std::function<void(int, int)>& work) {
  std::unique_lock lock(mutex_);
  REVERIE_CHECK(running_, ==, 0);
  work_ = &work;
  num_tasks_ = num_tasks;
  next_task_ = 0;
  failed_task_ = -1;
  failure_ = nullptr;
  wake_.notify_all();
  finished_.wait(lock, [this] { return next_task_ >= num_tasks_ && running_ == 0; });
  work_ = nullptr;
  num_tasks_ = next_task_ = 0;
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
}

void WorkerPool::work_loop(int worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || next_task_ < num_tasks_; });
    if (stopping_) {
      return;
    }
    const int task = next_task_++;
    ++running_;
    const std::function<void(int, int)>& work = *work_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      work(task, worker);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && (failed_task_ < 0 || task < failed_task_)) {
      failed_task_ = task;
      failure_ = failure;
    }
    --running_;
    if (next_task_ >= num_tasks_ && running_ == 0) {
      finished_.notify_all();
    }
  }
}

}  // namespace reverie
