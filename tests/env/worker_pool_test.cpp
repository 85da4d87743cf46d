#include "env/worker_pool.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "env/error.h"
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

TEST_CASE("the first failure ends the handing out, and the pool goes on", "[env]") {
  WorkerPool pool(2);
  std::atomic<int> begun = 0;
  const auto work = [&](int task, int) {
    ++begun;
    if (task == 3) {
      throw std::runtime_error("task 3");
    }
    while (task > 3 && !pool.ending()) {
      std::this_thread::yield();
    }
  };
  CHECK_THROWS_WITH(pool.run(1000, work), "task 3");
  CHECK(begun >= 4);
  CHECK(begun <= 5);  // one may have begun beside it
  begun = 0;
  pool.run(3, work);
  CHECK(begun == 3);
  CHECK_FALSE(pool.ending());
}

TEST_CASE("of the tasks that failed the exception of the lowest arrives, after all have ended", "[env]") {
  WorkerPool pool(3);
  std::atomic<int> begun = 0, ended = 0;
  const auto work = [&](int task, int) {
    ++begun;
    while (begun < 3 || (task == 0 && ended < 2)) {  // all three begin, and the lowest fails last
      std::this_thread::yield();
    }
    ++ended;
    throw std::runtime_error("task " + std::to_string(task));
  };
  CHECK_THROWS_WITH(pool.run(3, work), "task 0");
  CHECK(ended == 3);
}

TEST_CASE("an exception of any type is passed on", "[env]") {
  WorkerPool pool(2);
  CHECK_THROWS_AS(pool.run(4, [](int, int) { throw 5; }), int);
}

TEST_CASE("a stop ends the handing out and the tasks that ask, and the pool goes on", "[env]") {
  std::atomic<bool> stop = false;
  WorkerPool pool(2, {}, [&] { return stop.load(); });
  std::atomic<int> begun = 0;
  const auto work = [&](int task, int) {
    ++begun;
    if (task == 3) {
      stop = true;
    }
    while (task > 3) {  // a long one
      pool.throw_if_ending();
    }
  };
  CHECK_THROWS_AS(pool.run(1000, work), Stopped);
  CHECK(begun >= 4);
  CHECK(begun <= 5);
  CHECK_THROWS_AS(pool.run(1000, work), Stopped);
  CHECK(begun <= 5);
  stop = false;
  pool.run(3, work);
  stop = true;
  CHECK_NOTHROW(pool.run(0, work));  // nothing was given up
}

TEST_CASE("where a task fails and others give up for it, the failure arrives", "[env]") {
  WorkerPool pool(2);
  const auto work = [&](int task, int) {
    if (task == 1) {
      throw std::runtime_error("no space left");
    }
    while (true) {
      pool.throw_if_ending();
    }
  };
  CHECK_THROWS_WITH(pool.run(2, work), "no space left");
}

TEST_CASE("a run inside a run, or beside one, is refused and loses nothing", "[env]") {
  WorkerPool pool(2);
  CHECK_THROWS_AS(pool.run(1, [&](int, int) { pool.run(1, [](int, int) {}); }), std::logic_error);
  std::atomic<int> count = 0;
  bool refused = false;
  std::atomic<bool> running = false, looked = false;
  std::thread other([&] {
    while (!running) {
      std::this_thread::yield();
    }
    try {
      pool.run(1, [](int, int) {});
    } catch (const std::logic_error&) {
      refused = true;
    }
    looked = true;
  });
  pool.run(20, [&](int, int) {
    running = true;
    while (!looked) {
      std::this_thread::yield();
    }
    ++count;
  });
  other.join();
  CHECK(refused);
  CHECK(count == 20);
}

TEST_CASE("what on_start throws is thrown by the constructor", "[env]") {
  std::atomic<int> starts = 0;
  const auto on_start = [&] {
    if (++starts == 2) {
      throw std::runtime_error("no");
    }
  };
  CHECK_THROWS_WITH(WorkerPool(3, on_start), "no");
  CHECK(starts == 3);
}

TEST_CASE("threads that the system does not allow are an error of one line", "[env]") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const ::pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // root is never refused a thread; a user of no other process may have four
#ifdef __SANITIZE_THREAD__
    constexpr ::rlim_t kThreads = 5;  // the sanitizer has one of its own
#else
    constexpr ::rlim_t kThreads = 4;
#endif
    ::rlimit most{kThreads, kThreads};
    std::string said = "skip";
    if (::geteuid() == 0 && ::setuid(54321) == 0 && ::setrlimit(RLIMIT_NPROC, &most) == 0) {
      try {
        WorkerPool pool(8);
        said = "started";
      } catch (const Error& error) {
        said = error.what();
      }
    }
    static_cast<void>(!::write(ends[1], said.data(), said.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  char text[400];
  const ::ssize_t size = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);  // 134 before
  REQUIRE(size > 0);
  const std::string said(text, static_cast<std::size_t>(size));
  if (said == "skip") {
    WARN("only root can be a user of no other process: not tried");
    return;
  }
  CHECK(
      said ==
      "threads: expected 8, the system started only 3 (Resource temporarily unavailable): set fewer threads, or raise "
      "the system's limit");
}
