#include "env/worker_pool.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("every task runs once, on a worker of the pool", "[env]") {
  WorkerPool pool(3);
  CHECK(pool.size() == 3);
  std::vector<int> runs(200, 0), workers(200, -1);
  pool.run(200, [&](int task, int worker) {
    ++runs[static_cast<std::size_t>(task)];
    workers[static_cast<std::size_t>(task)] = worker;
  });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    CHECK(runs[i] == 1);
    CHECK(workers[i] >= 0);
    CHECK(workers[i] < 3);
  }
}

TEST_CASE("no two tasks run on one worker at a time", "[env]") {
  WorkerPool pool(2);
  std::vector<std::atomic<int>> busy(2);
  std::atomic<bool> shared = false;
  pool.run(100, [&](int, int worker) {
    if (busy[static_cast<std::size_t>(worker)].fetch_add(1) != 0) {
      shared = true;
    }
    std::this_thread::yield();
    busy[static_cast<std::size_t>(worker)].fetch_sub(1);
  });
  CHECK_FALSE(shared);
}

TEST_CASE("a pool is used again and again, also with nothing to do", "[env]") {
  WorkerPool pool(2);
  std::atomic<int> count = 0;
  for (int i = 0; i < 100; ++i) {
    pool.run(i % 4, [&](int, int) { ++count; });
  }
  CHECK(count == 150);
}

TEST_CASE("on_start runs once in each thread, before any task", "[env]") {
  static thread_local int started = 0;
  std::atomic<int> starts = 0;
  std::atomic<bool> missed = false;
  {
    WorkerPool pool(3, [&] {
      ++started;
      ++starts;
    });
    pool.run(50, [&](int, int) {
      if (started != 1) {
        missed = true;
      }
    });
  }
  CHECK(starts == 3);
  CHECK_FALSE(missed);
}

TEST_CASE("the exception of the lowest task arrives after all tasks have ended, and the pool goes on", "[env]") {
  WorkerPool pool(2);
  std::atomic<int> count = 0;
  const auto work = [&](int task, int) {
    ++count;
    if (task % 10 == 3) {
      throw std::runtime_error("task " + std::to_string(task));
    }
  };
  CHECK_THROWS_WITH(pool.run(50, work), "task 3");
  CHECK(count == 50);
  pool.run(3, work);
  CHECK(count == 53);
}
