// Processes that share work, as threads of this one with queues between them.
#include "env/team.h"

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>

#include "env/error.h"
#include "env/helper.h"
#include "env/random.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

struct Post {
  std::mutex mutex;
  std::vector<std::deque<Letter>> boxes;  // by rank
  std::function<void(int from, int to, Bytes& bytes)> on_the_way = [](int, int, Bytes&) {};
};

class QueueChannel : public Channel {
 public:
  QueueChannel(Post& post, int rank) : post_(post), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(post_.boxes.size()); }
  void send(int to, std::shared_ptr<const Bytes> bytes) override {
    Letter letter{rank_, *bytes};
    const std::lock_guard lock(post_.mutex);
    post_.on_the_way(rank_, to, letter.bytes);
    post_.boxes[static_cast<std::size_t>(to)].push_back(std::move(letter));
  }
  std::optional<Letter> receive() override {
    const std::lock_guard lock(post_.mutex);
    std::deque<Letter>& box = post_.boxes[static_cast<std::size_t>(rank_)];
    if (box.empty()) {
      return std::nullopt;
    }
    Letter letter = std::move(box.front());
    box.pop_front();
    return letter;
  }
  void flush() override {}

 private:
  Post& post_;
  int rank_;
};

// Squares numbers and adds what the run says; a task of a negative number fails.
class Squares : public TaskEquipment {
 public:
  explicit Squares(MessageReader& context) : offset_(context.take<double>()) {}
  void begin(MessageReader& common) override { plus_ = common.take<double>(); }
  void work_on(int task, MessageReader& message, int, MessageWriter& result) override {
    const double x = message.take<double>();
    if (x < 0.0) {
      throw Error(ErrorKind::data, str("task ", task, ": expected a number from 0 on, found ", x));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(pause));
    result.put(x * x + offset_ + plus_);
    ++done;
  }
  inline static std::atomic<int> done = 0;
  inline static std::atomic<int> pause = 200;

 private:
  double offset_, plus_ = 0.0;
};

const EquipmentKinds& kinds() {
  static const EquipmentKinds table = {
      {"squares", [](MessageReader& context, WorkerPool&) { return std::make_unique<Squares>(context); }}};
  return table;
}

// Helpers on threads of their own; the leader is the test.
class Helpers {
 public:
  Helpers(Post& post, int count, const std::string& build = "this", int odd_one = 0) {
    post.boxes.resize(static_cast<std::size_t>(count) + 1);
    for (int rank = 1; rank <= count; ++rank) {
      threads_.emplace_back([&post, rank, build, odd_one, this] {
        QueueChannel channel(post, rank);
        try {
          Helper helper(channel, {str("host", rank), rank, rank == odd_one ? "other" : build, 1 + rank % 2}, kinds());
          codes[static_cast<std::size_t>(rank)] = helper.serve();
        } catch (const Error&) {
          codes[static_cast<std::size_t>(rank)] = -1;
        }
      });
    }
  }
  ~Helpers() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  std::array<std::atomic<int>, 8> codes = {};

 private:
  std::vector<std::thread> threads_;
};

Member leader() {
  return {"host0", 1, "this", 2};
}

Bytes offset_of(double value) {
  MessageWriter message;
  message.put(value);
  return message.take();
}

// What a run of `count` squares gives, and who computed them.
struct Outcome {
  std::vector<double> squares;
  int here = 0;
};

Outcome run_squares(Team& team, WorkerPool& pool, int equipment, int count, bool pinned = false, int bad = -1) {
  Outcome outcome;
  outcome.squares.assign(static_cast<std::size_t>(count), -1.0);
  const auto number = [bad](int task) { return task == bad ? -1.0 : static_cast<double>(task); };
  std::atomic<int> here = 0;
  Elsewhere elsewhere;
  elsewhere.team = &team;
  elsewhere.equipment = equipment;
  elsewhere.pinned = pinned;
  elsewhere.common = [](MessageWriter& message) { message.put(0.5); };
  elsewhere.pack = [&](int task, int, MessageWriter& message) { message.put(number(task)); };
  elsewhere.unpack = [&](int task, MessageReader& message) {
    outcome.squares[static_cast<std::size_t>(task)] = message.take<double>();
  };
  Team::run(
      pool, count,
      [&](int task, int) {
        if (number(task) < 0.0) {
          throw Error(ErrorKind::data, "found here");
        }
        std::this_thread::sleep_for(std::chrono::microseconds(Squares::pause));
        outcome.squares[static_cast<std::size_t>(task)] = number(task) * number(task) + 10.0 + 0.5;
        ++here;
      },
      elsewhere);
  outcome.here = here;
  return outcome;
}

// A leader, its helpers, and squares for all of them.
struct Company {
  Post post;
  Helpers others;
  QueueChannel channel;
  Team team;
  WorkerPool pool;
  int equipment;

  // threads_each: 0 for as many as each has.
  Company(int helpers, int threads_each, int threads_here, std::function<bool()> should_stop = {})
      : others(post, helpers),
        channel(post, 0),
        team(channel, leader()),
        pool(threads_here, {}, std::move(should_stop)) {
    team.start(threads_each);
    equipment = team.equip("squares", offset_of(10.0));
  }
  Outcome run(int count, bool pinned = false, int bad = -1) {
    return run_squares(team, pool, equipment, count, pinned, bad);
  }
};

}  // namespace

TEST_CASE("tasks are done once, here or elsewhere, and give the same", "[team]") {
  for (const int helpers : {1, 2, 4}) {
    Company company(helpers, 0, 2);
    CHECK(company.team.size() == helpers + 1);
    for (const int count : {0, 1, 2, 3, 50, 200}) {
      Squares::done = 0;
      const Outcome outcome = company.run(count);
      for (int task = 0; task < count; ++task) {
        REQUIRE(outcome.squares[static_cast<std::size_t>(task)] == task * task + 10.5);
      }
      CHECK(outcome.here + Squares::done == count);
      if (count == 200) {
        CHECK(outcome.here > 0);
        CHECK(Squares::done > 0);
      }
    }
    CHECK(company.team.traffic().letters > 0);
    company.team.quit(7);
    for (int rank = 1; rank <= helpers; ++rank) {
      while (company.others.codes[static_cast<std::size_t>(rank)] == 0) {
        std::this_thread::yield();
      }
      CHECK(company.others.codes[static_cast<std::size_t>(rank)] == 7);
    }
  }
}

TEST_CASE("pinned tasks stay with their rank", "[team]") {
  Company company(2, 1, 1);
  for (int again = 0; again < 3; ++again) {
    Squares::done = 0;
    CHECK(company.run(8, true).here == 3);  // 0, 3, 6
    CHECK(Squares::done == 5);
  }
}

TEST_CASE("a helper's error names its rank and host, and work goes on after it", "[team]") {
  Company company(2, 0, 1);
  const std::string message = message_of<Error>([&] { company.run(8, true, 4); });
  CHECK_THAT(message, ContainsSubstring("rank 1 on host1: task 4: expected a number from 0 on, found -1"));
  CHECK(company.run(100).squares[99] == 99 * 99 + 10.5);
  const int unknown = company.team.equip("triangles", {});
  CHECK_THAT(message_of<Error>([&] { run_squares(company.team, company.pool, unknown, 8); }),
             ContainsSubstring("triangles"));
  CHECK(company.run(10).squares[9] == 81 + 10.5);
}

TEST_CASE("a stop ends a run on all ranks, and the next one works", "[team]") {
  std::atomic<bool> stop = false;
  Company company(3, 0, 1, [&] { return stop.load(); });
  Squares::pause = 2000;
  for (int again = 0; again < 3; ++again) {
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      stop = true;
    });
    CHECK_THROWS_AS(company.run(5000), Stopped);
    later.join();
    stop = false;
    CHECK(company.run(20).squares[19] == 19 * 19 + 10.5);
  }
  Squares::pause = 200;
}

TEST_CASE("another build is refused by rank and host before any work", "[team]") {
  Post post;
  Helpers others(post, 3, "this", 2);
  QueueChannel channel(post, 0);
  const std::string message = message_of<Error>([&] { Team(channel, leader()); });
  CHECK_THAT(message, ContainsSubstring("rank 2 on host2: expected"));
  CHECK_THAT(message, ContainsSubstring("found other"));
}

TEST_CASE("a damaged message ends in one line", "[team]") {
  Rng rng(5);
  int errors = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Post post;
    int letters = static_cast<int>(rng.below(12));
    // Letters of helpers, from the second on: some bytes change, or the letter is cut or grows.
    post.on_the_way = [&](int from, int, Bytes& bytes) {
      if (from == 0 || letters-- != 0) {
        return;
      }
      const std::uint64_t kind = rng.below(3);
      if (kind == 0) {
        bytes.resize(static_cast<std::size_t>(rng.below(bytes.size() + 1)));
      } else if (kind == 1) {
        bytes.resize(bytes.size() + 1 + static_cast<std::size_t>(rng.below(20)), std::byte{0x7f});
      } else {
        for (int i = 0; i < 3; ++i) {
          bytes[static_cast<std::size_t>(rng.below(bytes.size()))] = static_cast<std::byte>(rng.below(256));
        }
      }
    };
    Helpers others(post, 1);
    QueueChannel channel(post, 0);
    try {
      Team team(channel, leader());
      team.start(1);
      // A run whose letter was lost in this way would wait for ever.
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
      WorkerPool pool(1, {}, [end] { return std::chrono::steady_clock::now() > end; });
      const int equipment = team.equip("squares", offset_of(10.0));
      run_squares(team, pool, equipment, 40);
    } catch (const Stopped&) {
    } catch (const Error& error) {
      ++errors;
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
    MessageWriter quit;  // where the team was never made
    quit.put(LetterKind::quit);
    quit.put(1);
    channel.send(1, std::make_shared<const Bytes>(quit.take()));
  }
  CHECK(errors > 50);
}

TEST_CASE("no size in a message is believed before it is compared with what is there", "[team]") {
  MessageWriter message;
  message.put_text("abc");
  message.put(7);
  const Bytes bytes = message.take();
  MessageReader reader(bytes, "rank 3");
  CHECK(reader.take_text() == "abc");
  CHECK(reader.take<int>() == 7);
  reader.expect_end();
  CHECK_THROWS_WITH(reader.take<int>(), ContainsSubstring("a message from rank 3: expected 4 more bytes, found 0"));
  MessageWriter lie;
  lie.put(~std::uint64_t{0});
  const Bytes lies = lie.take();
  MessageReader of_lies(lies, "rank 3");
  CHECK_THROWS_WITH(of_lies.take_numbers<double>(), ContainsSubstring("values of 8 bytes"));
}

}  // namespace reverie
