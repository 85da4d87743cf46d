// One thread per core, for work that is cut into independent tasks.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace reverie {

class WorkerPool {
 public:
  // on_start runs once in each new thread, before any task: the place to set thread-local library options.
  explicit WorkerPool(int num_workers, const std::function<void()>& on_start = {});
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int size() const { return static_cast<int>(threads_.size()); }

  // Calls work(task, worker) once for each task in [0, num_tasks), on any worker in [0, size()), and returns when all
  // are done. Which worker takes which task depends on time: results must not. If tasks throw, the exception of the
  // lowest task is thrown again here, after all have ended. Not to be called from inside a task, nor from two threads.
  void run(int num_tasks, const std::function<void(int task, int worker)>& work);

 private:
  void work_loop(int worker);

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_, finished_;
  const std::function<void(int, int)>* work_ = nullptr;
  int num_tasks_ = 0, next_task_ = 0, running_ = 0;
  int failed_task_ = -1;
  std::exception_ptr failure_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace reverie
