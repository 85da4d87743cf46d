// The work of a process that is not rank 0: see env/team.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/channel.h"
#include "env/team.h"
#include "env/worker_pool.h"

namespace reverie {

// The tasks of one run as a helper's threads take them.
class TaskSource {
 public:
  struct Task {
    int index = 0;
    Bytes bytes;  // as Elsewhere::pack wrote them
  };

  // Waits for a task to come; none where there are no more, or where the run was given up. read(task) is called in the
  // order in which tasks were given out, one at a time, so that a task may bring what later ones need, too.
  std::optional<Task> next(const std::function<void(const Task& task)>& read = {});
  void done(int task, Bytes result);

  int num_tasks() const { return num_tasks_; }    // of the run, wherever they are worked on
  int fair_share() const { return fair_share_; }  // how many one thread should take at once

 private:
  friend class Helper;

  int num_tasks_ = 0, fair_share_ = 1;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  std::vector<std::pair<int, Bytes>> results_;
  bool complete_ = false;       // no more will come
  WorkerPool* pool_ = nullptr;  // whose main thread sends the results
};

// What one kind of task needs, made from what the leader sent.
class Equipment {
 public:
  virtual ~Equipment() = default;
  virtual void begin(MessageReader& /*common*/) {}  // of each run, before its tasks
  // Works on tasks until there are none. Each thread calls it once a run.
  virtual void work(TaskSource& tasks, int worker) = 0;
};

// One whose tasks are done one by one.
class TaskEquipment : public Equipment {
 public:
  void work(TaskSource& tasks, int worker) final;
  virtual void work_on(int task, MessageReader& message, int worker, MessageWriter& result) = 0;
};

// By kind; context: what Team::equip was given. pool: of the helper, with as many threads as work at once.
using MakeEquipment = std::function<std::unique_ptr<Equipment>(MessageReader& context, WorkerPool& pool)>;
using EquipmentKinds = std::map<std::string, MakeEquipment>;

class Helper {
 public:
  // on_start: of each thread of its pool.
  Helper(Channel& channel, Member self, const EquipmentKinds& kinds, std::function<void()> on_start = {});

  // Works until the leader says that all is done: gives the exit code. Error where the leader sends what cannot be
  // read.
  int serve();

 private:
  class Rounds;

  Letter wait();
  void make(MessageReader& letter);
  void run(MessageReader& letter);
  void send(Bytes letter);
  void fail(std::uint64_t run, const std::exception_ptr& error);

  Channel& channel_;
  Member self_;
  const EquipmentKinds& kinds_;
  std::function<void()> on_start_;
  std::atomic<bool> given_up_ = false;  // the run
  std::unique_ptr<WorkerPool> pool_;
  std::map<int, std::unique_ptr<Equipment>> equipment_;
  std::map<int, std::exception_ptr> failures_;  // of equipment that could not be made
  std::optional<Letter> held_;                  // came during a run and belongs after it
};

}  // namespace reverie
