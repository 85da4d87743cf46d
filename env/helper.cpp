#include "env/helper.h"

#include <algorithm>
#include <thread>

#include "env/backoff.h"
#include "env/error.h"

namespace reverie {

std::optional<TaskSource::Task> TaskSource::next(const std::function<void(const Task&)>& read) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return complete_ || !tasks_.empty(); });
  if (tasks_.empty()) {
    return std::nullopt;
  }
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  if (read) {
    read(task);
  }
  return task;
}

void TaskSource::done(int task, Bytes result) {
  {
    const std::lock_guard lock(mutex_);
    results_.emplace_back(task, std::move(result));
  }
  pool_->wake();
}

void TaskEquipment::work(TaskSource& tasks, int worker) {
  while (const std::optional<TaskSource::Task> task = tasks.next()) {
    MessageReader message(task->bytes, "rank 0");
    MessageWriter result;
    work_on(task->index, message, worker, result);
    message.expect_end();
    tasks.done(task->index, result.take());
  }
}

// The helper's side of one run: its main thread brings tasks and takes results away.
class Helper::Rounds : public Meanwhile {
 public:
  Rounds(Helper& helper, std::uint64_t run, int num_tasks, int fair_share, int at_once)
      : helper_(helper), run_(run), most_held_(std::max(2, at_once) * helper.pool_->size()) {
    source.num_tasks_ = num_tasks;
    source.fair_share_ = fair_share;
    source.pool_ = helper.pool_.get();
  }

  TaskSource source;

  bool poll() override {
    bool moved = false;
    if (!helper_.held_) {
      if (std::optional<Letter> letter = helper_.channel_.receive()) {
        moved = true;
        take(std::move(*letter));
      }
    }
    return send_update() || moved;
  }
  bool busy() const override { return !complete_ || unsent(); }

  // Lets threads that wait for tasks go.
  void close() {
    {
      const std::lock_guard lock(source.mutex_);
      source.complete_ = true;
      source.tasks_.clear();
    }
    source.arrived_.notify_all();
  }

 private:
  bool unsent() const {
    const std::lock_guard lock(source.mutex_);
    return !source.results_.empty();
  }

  void take(Letter letter) {
    MessageReader reader(letter.bytes, "rank 0");
    const auto kind = reader.take<LetterKind>();
    if (kind == LetterKind::end && reader.take<std::uint64_t>() == run_) {
      helper_.given_up_ = true;
      complete_ = true;
      close();
    } else if (kind == LetterKind::tasks && reader.take<std::uint64_t>() == run_) {
      const bool all = reader.take<bool>();
      const auto count = reader.take<std::uint64_t>();
      MessageReader tasks(reader.take_bytes(), "rank 0");
      {
        const std::lock_guard lock(source.mutex_);
        for (std::uint64_t i = 0; i < count; ++i) {
          const int index = tasks.take<int>();
          const std::span<const std::byte> bytes = tasks.take_bytes();
          source.tasks_.push_back({index, Bytes(bytes.begin(), bytes.end())});
        }
        source.complete_ = complete_ = all;
        held_ += static_cast<int>(count);
      }
      asked_ = false;
      source.arrived_.notify_all();
    } else {
      helper_.held_ = std::move(letter);
    }
  }

  // What is done, and how much more work is wanted.
  bool send_update() {
    std::vector<std::pair<int, Bytes>> results;
    int wanted = 0;
    {
      const std::lock_guard lock(source.mutex_);
      results.swap(source.results_);
      held_ -= static_cast<int>(results.size());
      if (!complete_ && !asked_) {
        wanted = most_held_ - held_;
      }
    }
    if (results.empty() && wanted == 0) {
      return false;
    }
    asked_ = asked_ || wanted > 0;
    std::size_t size = 64;
    for (const auto& [task, bytes] : results) {
      size += bytes.size() + 16;
    }
    MessageWriter letter;
    letter.reserve(size);
    letter.put(LetterKind::update);
    letter.put(run_);
    letter.put(wanted);
    letter.put(static_cast<std::uint64_t>(results.size()));
    for (const auto& [task, bytes] : results) {
      letter.put(task);
      letter.put_numbers(std::span<const std::byte>(bytes));
    }
    helper_.send(letter.take());
    return true;
  }

  Helper& helper_;
  const std::uint64_t run_;
  const int most_held_;  // tasks, worked on or waiting
  int held_ = 0;
  bool asked_ = true, complete_ = false;  // the first tasks come by themselves
};

Helper::Helper(Channel& channel, Member self, const EquipmentKinds& kinds, std::function<void()> on_start)
    : channel_(channel), self_(std::move(self)), kinds_(kinds), on_start_(std::move(on_start)) {}

void Helper::send(Bytes letter) {
  channel_.send(0, std::make_shared<const Bytes>(std::move(letter)));
}

Letter Helper::wait() {
  if (held_) {
    Letter letter = std::move(*held_);
    held_.reset();
    return letter;
  }
  Backoff backoff;
  while (true) {
    if (std::optional<Letter> letter = channel_.receive()) {
      return std::move(*letter);
    }
    std::this_thread::sleep_for(backoff.next());
  }
}

int Helper::serve() {
  MessageWriter hello;
  hello.put(LetterKind::hello);
  hello.put_text(self_.host);
  hello.put(self_.process);
  hello.put_text(self_.build);
  hello.put(self_.threads);
  send(hello.take());
  while (true) {
    const Letter letter = wait();
    MessageReader reader(letter.bytes, "rank 0");
    switch (reader.take<LetterKind>()) {
      case LetterKind::start: {
        const int threads = reader.take_within("threads", 0, 1 << 16);
        pool_ = std::make_unique<WorkerPool>(threads > 0 ? threads : self_.threads, on_start_,
                                             [this] { return given_up_.load(); });
        break;
      }
      case LetterKind::equip:
        make(reader);
        break;
      case LetterKind::dismiss: {
        const int id = reader.take<int>();
        equipment_.erase(id);
        failures_.erase(id);
        break;
      }
      case LetterKind::run:
        run(reader);
        break;
      case LetterKind::quit: {
        const int code = reader.take<int>();
        channel_.flush();
        return code;
      }
      default:  // of a run that has ended here
        break;
    }
  }
}

void Helper::make(MessageReader& letter) {
  const int id = letter.take<int>();
  const std::string kind = letter.take_text();
  MessageReader context(letter.take_bytes(), "rank 0");
  try {
    const auto found = kinds_.find(kind);
    if (found == kinds_.end() || pool_ == nullptr) {
      context.fail(str("expected a known kind of equipment, found '", kind, "'"));
    }
    equipment_[id] = found->second(context, *pool_);
    context.expect_end();
  } catch (...) {
    equipment_.erase(id);
    failures_[id] = std::current_exception();
  }
}

void Helper::run(MessageReader& letter) {
  const auto run = letter.take<std::uint64_t>();
  const int id = letter.take<int>();
  const int num_tasks = letter.take<int>(), fair_share = letter.take<int>();
  const int at_once = letter.take_within("tasks at once", 0, 1 << 20);
  given_up_ = false;
  try {
    if (const auto failure = failures_.find(id); failure != failures_.end()) {
      std::rethrow_exception(failure->second);
    }
    const auto found = equipment_.find(id);
    if (found == equipment_.end()) {
      letter.fail(str("expected an equipment that was made, found number ", id));
    }
    Equipment& equipment = *found->second;
    equipment.begin(letter);
    letter.expect_end();
    Rounds rounds(*this, run, num_tasks, fair_share, at_once);
    pool_->run(
        pool_->size(),
        [&](int, int worker) {
          try {
            equipment.work(rounds.source, worker);
          } catch (...) {
            rounds.close();
            throw;
          }
        },
        &rounds);
  } catch (const Stopped&) {  // the leader knows
  } catch (...) {
    fail(run, std::current_exception());
  }
}

void Helper::fail(std::uint64_t run, const std::exception_ptr& error) {
  ErrorKind kind = ErrorKind::other;
  std::string text = "failed";
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    kind = known.kind();
    text = known.what();
  } catch (const std::bad_alloc&) {
    text = "the system gives no more memory";
  } catch (const std::exception& other) {
    text = other.what();
  } catch (...) {
  }
  MessageWriter letter;
  letter.put(LetterKind::failed);
  letter.put(run);
  letter.put(static_cast<int>(kind));
  letter.put_text(text);
  send(letter.take());
}

}  // namespace reverie
