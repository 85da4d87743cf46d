// The benchmark's table: each rate beside its limit. Both are measured alternately in one run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "env/games.h"
#include "worldmodel/nn/precision.h"

namespace reverie {

// Measures for about that many seconds and gives back units a second.
using Measurement = std::function<double(double seconds)>;

// Times run(), which returns how many units it did, again and again; prepare() is called before each run and is not
// timed.
Measurement timed(
    std::function<double()> run, std::function<void()> prepare = [] {});

struct BenchRow {
  std::string name;
  std::string unit;  // of rate and limit
  double rate = 0;
  double limit = 0;     // the best that the same machine could do, or the rate of another library; 0: none
  std::string against;  // what the limit is
  std::string precision = "float32";
  int batch = 1;
};

class Bench {
 public:
  // rounds: measurements of a rate, of which the median counts. seconds: each one's. only: rows whose name holds this
  // text; empty for all.
  Bench(int rounds, double seconds, std::string only) : rounds_(rounds), seconds_(seconds), only_(std::move(only)) {}

  // Whether a row of this name is wanted. Measure only rows that are.
  bool wants(const std::string& name) const { return name.find(only_) != std::string::npos; }

  // Medians. The measurements alternate, so that a machine that slows down slows all of them.
  std::vector<double> measure(const std::vector<Measurement>& measurements) const;

  void add(BenchRow row);  // and prints it
  const std::vector<BenchRow>& rows() const { return rows_; }

 private:
  int rounds_;
  double seconds_;
  std::string only_;
  std::vector<BenchRow> rows_;
};

// Units a second of doing each after the other, from the rates of each alone.
double in_sequence(const std::vector<double>& rates);

// Two processes with one worker each, which do the same work side by side: what two workers in one process could reach.
class SideBySide {
 public:
  // Make it before any thread starts. Each process calls serve(job) for each measure(job), and gives back its rate.
  explicit SideBySide(const std::function<double(int job)>& serve);
  ~SideBySide();
  SideBySide(const SideBySide&) = delete;
  SideBySide& operator=(const SideBySide&) = delete;

  double measure(int job);  // the sum of both rates

 private:
  struct Process {
    int id = 0, to = 0, from = 0;  // pid, and file descriptors
  };
  std::vector<Process> processes_;
};

// What the benchmark plays in a game: a sequence of actions on one seed.
struct Drive {
  std::uint64_t seed = 0;
  std::vector<std::vector<float>> actions;  // at most 400, fewer where the episode ended
};
// Three drives: two seeds played by the game's own driver (by held random actions where it has none), and the first
// drive's actions on the second seed, which plays badly. Nothing may stand still: the physics engine does not compute
// resting bodies, and the rates would be too high.
std::vector<Drive> bench_drives(const GameEntry& entry);

// Adds the rows about games.
void bench_games(Bench& bench);

}  // namespace reverie
