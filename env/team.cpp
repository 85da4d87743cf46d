#include "env/team.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "env/backoff.h"
#include "env/error.h"

namespace reverie {
namespace {

// The state letter of /proc/PID/stat says Z for one that has ended and was not waited for.
bool has_gone(std::int64_t process) {
  std::ifstream file(str("/proc/", process, "/stat"));
  std::string line;
  if (!std::getline(file, line)) {
    return true;
  }
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || line.size() < name_end + 3 || line[name_end + 2] == 'Z' ||
         line[name_end + 2] == 'X';
}

constexpr int kMostThreads = 1 << 16;

}  // namespace

Team::Team(Channel& channel, Member self) : channel_(channel) {
  REVERIE_CHECK(channel.rank(), ==, 0);
  const std::string build = self.build;
  members_.resize(static_cast<std::size_t>(channel.size()));
  members_[0] = std::move(self);
  Backoff backoff;
  for (int waiting = channel.size() - 1; waiting > 0;) {
    std::optional<Letter> letter = channel_.receive();
    if (!letter) {
      std::this_thread::sleep_for(backoff.next());
      continue;
    }
    backoff.reset();
    MessageReader reader(letter->bytes, str("rank ", letter->from));
    if (reader.take<LetterKind>() != LetterKind::hello) {
      reader.fail("expected its name first, found something else");
    }
    Member& member = members_[static_cast<std::size_t>(letter->from)];
    member.host = reader.take_text();
    member.process = reader.take<std::int64_t>();
    member.build = reader.take_text();
    member.threads = reader.take_within("threads", 1, kMostThreads);
    reader.expect_end();
    --waiting;
  }
  for (int rank = 1; rank < size(); ++rank) {
    const Member& member = members_[static_cast<std::size_t>(rank)];
    if (member.build != build) {
      const std::string host = member.host, found = member.build;
      quit(2);
      throw Error(ErrorKind::config,
                  str("rank ", rank, " on ", host, ": expected the program and the processor of rank 0 (", build,
                      "), since others give other bits, found ", found));
    }
  }
}

void Team::start(int threads) {
  if (started_) {
    return;
  }
  started_ = true;
  for (Member& member : members_) {
    member.threads = threads > 0 ? threads : member.threads;
  }
  MessageWriter start;
  start.put(LetterKind::start);
  start.put(threads);
  send_all(start.take());
}

Team::~Team() {
  quit(1);  // where nobody has said how it ended
}

int Team::threads() const {
  return std::accumulate(members_.begin(), members_.end(), 0,
                         [](int sum, const Member& member) { return sum + member.threads; });
}

std::string Team::name_of(int rank) const {
  const Member& member = members_[static_cast<std::size_t>(rank)];
  return str("rank ", rank, " on ", member.host);
}

void Team::send(int rank, std::shared_ptr<const Bytes> letter) {
  ++traffic_.letters;
  traffic_.bytes += letter->size();
  channel_.send(rank, std::move(letter));
}

void Team::send_all(Bytes letter) {
  const auto shared = std::make_shared<const Bytes>(std::move(letter));
  for (int rank = 1; rank < size(); ++rank) {
    send(rank, shared);
  }
}

void Team::quit(int exit_code) {
  if (!ended_) {
    ended_ = true;
    MessageWriter letter;
    letter.put(LetterKind::quit);
    letter.put(exit_code);
    send_all(letter.take());
    channel_.flush();
  }
}

int Team::equip(const std::string& kind, Bytes context) {
  MessageWriter letter;
  letter.put(LetterKind::equip);
  letter.put(++equipped_);
  letter.put_text(kind);
  letter.put_numbers(std::span<const std::byte>(context));
  send_all(letter.take());
  return equipped_;
}

void Team::dismiss(int equipment) {
  if (!ended_) {
    MessageWriter letter;
    letter.put(LetterKind::dismiss);
    letter.put(equipment);
    send_all(letter.take());
  }
}

std::string Team::missing() const {
  for (std::size_t rank = 1; rank < members_.size(); ++rank) {
    const Member& member = members_[rank];
    if (member.host == members_[0].host && has_gone(member.process)) {
      return str("rank ", rank, " on ", member.host, " (process ", member.process, ")");
    }
  }
  return "";
}

// The leader's side of one run.
class Team::Run : public Meanwhile {
 public:
  Run(Team& team, int num_tasks, std::function<std::optional<int>(int rank)> next, const Elsewhere& elsewhere)
      : team_(team), id_(++team.runs_), next_(std::move(next)), elsewhere_(elsewhere), helpers_(team.members_.size()) {
    const int share = (num_tasks + team.threads() - 1) / team.threads();  // tasks a thread, were all equally fast
    MessageWriter letter;
    letter.put(LetterKind::run);
    letter.put(id_);
    letter.put(elsewhere.equipment);
    letter.put(num_tasks);
    letter.put(share);
    letter.put(std::min(elsewhere.at_once, share));
    elsewhere.common(letter);
    team.send_all(letter.take());
    for (int rank = 1; rank < team.size(); ++rank) {
      const int threads = team.members_[static_cast<std::size_t>(rank)].threads;
      give(rank, std::min(std::min(elsewhere.at_once, share) * threads,
                          (num_tasks * threads + team.threads() - 1) / team.threads()));
    }
  }
  ~Run() override {
    MessageWriter letter;
    letter.put(LetterKind::end);
    letter.put(id_);
    const auto end = std::make_shared<const Bytes>(letter.take());
    for (int rank = 1; rank < team_.size(); ++rank) {
      if (!helper(rank).told_all || !helper(rank).tasks.empty()) {
        team_.send(rank, end);
      }
    }
  }

  bool poll() override {
    bool moved = false;
    while (const std::optional<Letter> letter = team_.channel_.receive()) {
      moved = true;
      take(*letter);
    }
    return moved;
  }
  bool busy() const override {
    return std::any_of(helpers_.begin(), helpers_.end(), [](const HelperState& each) { return !each.tasks.empty(); });
  }

 private:
  struct HelperState {
    std::set<int> tasks;    // given out, not done
    bool told_all = false;  // that there are no more
  };
  HelperState& helper(int rank) { return helpers_[static_cast<std::size_t>(rank)]; }

  void give(int rank, int count) {
    MessageWriter tasks;
    std::uint64_t given = 0;
    std::optional<int> task;
    while (static_cast<int>(given) < count && (task = next_(rank))) {
      ++given;
      helper(rank).tasks.insert(*task);
      MessageWriter packed;
      elsewhere_.pack(*task, rank, packed);
      const Bytes bytes = packed.take();
      tasks.put(*task);
      tasks.put_numbers(std::span<const std::byte>(bytes));
    }
    helper(rank).told_all = static_cast<int>(given) < count;
    const Bytes bytes = tasks.take();
    MessageWriter letter;
    letter.put(LetterKind::tasks);
    letter.put(id_);
    letter.put(helper(rank).told_all);
    letter.put(given);
    letter.put_numbers(std::span<const std::byte>(bytes));
    team_.send(rank, std::make_shared<const Bytes>(letter.take()));
  }

  void take(const Letter& letter) {
    ++team_.traffic_.letters;
    team_.traffic_.bytes += letter.bytes.size();
    MessageReader reader(letter.bytes, team_.name_of(letter.from));
    const auto kind = reader.take<LetterKind>();
    const auto run = reader.take<std::uint64_t>();
    if (run != id_) {  // of an earlier one that was given up
      return;
    }
    if (kind == LetterKind::failed) {
      const int error = reader.take_within("kind of error", 0, static_cast<int>(ErrorKind::other));
      throw Error(static_cast<ErrorKind>(error), str(team_.name_of(letter.from), ": ", reader.take_text()));
    }
    if (kind != LetterKind::update) {
      reader.fail("expected results, found another kind of letter");
    }
    const int wanted = reader.take_within("tasks wanted", 0, 1 << 20);
    const auto results = reader.take<std::uint64_t>();
    for (std::uint64_t i = 0; i < results; ++i) {
      const int task = reader.take<int>();
      if (helper(letter.from).tasks.erase(task) == 0) {
        reader.fail(str("the result of task ", task, ", which it was not given"));
      }
      MessageReader result(reader.take_bytes(), team_.name_of(letter.from));
      elsewhere_.unpack(task, result);
      result.expect_end();
    }
    reader.expect_end();
    if (wanted > 0) {
      give(letter.from, wanted);
    }
  }

  Team& team_;
  const std::uint64_t id_;
  const std::function<std::optional<int>(int rank)> next_;
  const Elsewhere& elsewhere_;
  std::vector<HelperState> helpers_;  // by rank
};

void Team::run(WorkerPool& pool, int num_tasks, const std::function<void(int, int)>& work, const Elsewhere& elsewhere) {
  if (elsewhere.team == nullptr || num_tasks == 0) {
    pool.run(num_tasks, work);
    return;
  }
  const int size = elsewhere.team->size();
  std::mutex mutex;
  std::vector<int> positions(static_cast<std::size_t>(size));  // of each rank, where tasks are pinned
  int first = 0;                                               // not given out, where they are not
  const auto next = [&](int rank) -> std::optional<int> {
    const std::lock_guard lock(mutex);
    int& position = positions[static_cast<std::size_t>(rank)];
    const int task = elsewhere.pinned ? position++ * size + rank : first++;
    return task < num_tasks ? std::optional(task) : std::nullopt;
  };
  Run elsewhere_too(*elsewhere.team, num_tasks, next, elsewhere);
  const auto loop = [&](int, int worker) {
    while (const std::optional<int> task = next(0)) {
      pool.throw_if_ending();
      work(*task, worker);
    }
  };
  pool.run(std::min(pool.size(), num_tasks), loop, &elsewhere_too);
}

void Team::run_workers(WorkerPool& pool, int num_workers, int num_tasks,
                       const std::function<std::optional<int>()>& next, const std::function<void(int)>& work,
                       const Elsewhere& elsewhere) {
  const auto each = [&](int worker, int) { work(worker); };
  if (elsewhere.team == nullptr || num_tasks == 0) {
    pool.run(num_workers, each);
    return;
  }
  Run elsewhere_too(
      *elsewhere.team, num_tasks, [&next](int) { return next(); }, elsewhere);
  pool.run(num_workers, each, &elsewhere_too);
}

}  // namespace reverie
