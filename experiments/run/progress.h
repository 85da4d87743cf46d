// How far a long stage is, on standard error: a bar that redraws itself on a terminal, cut to one row of it; a plain
// line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace reverie {

double steady_seconds();  // of a monotonic clock, for measuring differences

// "collect  42% [####      ] 420/1000 episodes, 3.2 episodes/s, 3m 01s left, 84000 steps". seconds: spent on done -
// first steps.
std::string progress_line(const std::string& title, const std::string& unit, std::int64_t first, std::int64_t done,
                          std::int64_t total, double seconds, const std::string& note);

class Progress {
 public:
  // first: steps that an earlier session did.
  Progress(std::string title, std::string unit, std::int64_t total, std::int64_t first = 0);
  // For tests: where to write, the columns of the terminal at the moment (0: unknown; no function: no terminal), and a
  // clock in seconds.
  Progress(std::string title, std::string unit, std::int64_t total, std::int64_t first, std::ostream& out,
           std::function<int()> columns, std::function<double()> clock);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shown at most ten times a second on a terminal and every ten seconds elsewhere; the last step always.
  void update(std::int64_t done, const std::string& note = "");

 private:
  void show(const std::string& line);

  std::string title_, unit_;
  std::int64_t total_, first_;
  std::ostream& out_;
  std::function<int()> columns_;
  std::function<double()> clock_;
  double start_, last_shown_;
  std::size_t width_ = 0;  // of the line that stands on the terminal
};

}  // namespace reverie
