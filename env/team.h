// Processes that work on one run. Rank 0 leads: it alone holds the run's folder, the searches and the optimisers. The
// others help: they are sent what they need, work on tasks and send the results back.
//
//   leader                                  helper
//   EQUIP   what a kind of task needs   ->  makes the Equipment
//   RUN     what all tasks need, TASKS  ->  its threads work
//                                       <-  UPDATE  results, and how many more tasks it wants
//   TASKS, and whether there are more   ->
//   QUIT                                ->  ends
//
// Tasks are given out when a process asks for more: as many as it has done, so that its threads always have what they
// work on; one more each, where they work on one at a time. So a slow process delays the others by no more than the
// tasks that it holds. Which process works on a task depends on time: results must not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "env/channel.h"
#include "env/worker_pool.h"

namespace reverie {

// What letters begin with.
enum class LetterKind : std::uint8_t { hello, start, equip, dismiss, run, tasks, end, update, failed, quit };

// What a process says of itself before any work.
struct Member {
  std::string host;
  std::int64_t process = 0;  // its number there
  std::string build;         // versions, kind of processor: what the same bits depend on
  int threads = 1;
};

class Team;

// How helpers take part in a run of tasks.
struct Elsewhere {
  Team* team = nullptr;  // null: they do not, and nothing below is looked at
  int equipment = 0;     // of Team::equip
  int at_once = 1;       // tasks that one thread works on side by side
  // Task t belongs to rank t % size and to no other: a helper keeps what an earlier run of the same equipment left
  // there.
  bool pinned = false;
  std::function<void(MessageWriter& message)> common = [](MessageWriter&) {};  // what all tasks need
  std::function<void(int task, int rank, MessageWriter& message)> pack = [](int, int, MessageWriter&) {};
  // Its result; may throw, which ends the run.
  std::function<void(int task, MessageReader& message)> unpack = [](int, MessageReader&) {};
};

// What went over the channel, for the page that says how far this scales.
struct TeamTraffic {
  std::uint64_t letters = 0, bytes = 0;
};

class Team {
 public:
  // Rank 0's. Waits for all helpers to say who they are. Error (kind config) naming rank and host where one was built
  // from another version, or runs on another kind of processor: nothing has begun then.
  Team(Channel& channel, Member self);
  ~Team();  // tells the helpers to end
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // Lets the helpers start their threads: so many each; 0: as many as each may use. Before the first run; once.
  void start(int threads);

  int size() const { return static_cast<int>(members_.size()); }  // processes, with this one
  int threads() const;                                            // of all of them
  const std::vector<Member>& members() const { return members_; }
  const TeamTraffic& traffic() const { return traffic_; }

  // Makes `kind` of Equipment on every helper; `context` as its factory reads it. Where one cannot, the next run with
  // it throws.
  int equip(const std::string& kind, Bytes context);
  void dismiss(int equipment);

  // Calls work(task, worker) for each task in [0, num_tasks), on this pool or elsewhere. Errors and stops as
  // WorkerPool::run; where a helper failed, its error, naming rank and host.
  static void run(WorkerPool& pool, int num_tasks, const std::function<void(int task, int worker)>& work,
                  const Elsewhere& elsewhere);

  // The same where workers here take tasks on their own: work(worker) is called once for each in [0, num_workers), and
  // takes from next, which helpers take from, too; it may be called from any thread.
  static void run_workers(WorkerPool& pool, int num_workers, int num_tasks,
                          const std::function<std::optional<int>()>& next, const std::function<void(int worker)>& work,
                          const Elsewhere& elsewhere);

  void quit(int exit_code);  // of the helpers

  // "rank 2 (host, process 71)", where the process of a helper on this host has gone; empty where all are there.
  std::string missing() const;

 private:
  class Run;

  void send(int rank, std::shared_ptr<const Bytes> letter);
  void send_all(Bytes letter);
  std::string name_of(int rank) const;

  Channel& channel_;
  std::vector<Member> members_;  // by rank
  TeamTraffic traffic_;
  int equipped_ = 0;
  std::uint64_t runs_ = 0;
  bool started_ = false, ended_ = false;
};

// An equipment of all helpers, for as long as it lives.
class Equipped {
 public:
  Equipped() = default;
  Equipped(Team* team, const std::string& kind, Bytes context)
      : team_(team), id_(team->equip(kind, std::move(context))) {}
  Equipped(Equipped&& other) noexcept : team_(std::exchange(other.team_, nullptr)), id_(other.id_) {}
  Equipped& operator=(Equipped&& other) noexcept {
    std::swap(team_, other.team_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Equipped() {
    if (team_ != nullptr) {
      team_->dismiss(id_);
    }
  }
  Elsewhere elsewhere() const { return {.team = team_, .equipment = id_}; }
  // Of this process and the helpers; here: of this one.
  int threads(int here) const { return team_ != nullptr ? team_->threads() : here; }

 private:
  Team* team_ = nullptr;
  int id_ = 0;
};

}  // namespace reverie
