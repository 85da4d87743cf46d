// The benchmark's table: each rate beside its limit, measured in turns in one run.
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

// Of run(), which returns how many units it did, again and again; prepare() comes before each and is not timed.
Measurement timed(
    std::function<double()> run, std::function<void()> prepare = [] {});

struct BenchRow {
  std::string name;
  std::string unit;  // of rate and limit
  double rate = 0;
  double limit = 0;     // what the same machine could do at best, or what else a user could take; 0: none
  std::string against;  // what the limit is
  std::string precision = "float32";
  int batch = 1;
};

class Bench {
 public:
  // rounds: measurements of a rate, of which the median counts. seconds: each one's. only: rows whose name holds this
  // text; empty for all.
  Bench(int rounds, double seconds, std::string only) : rounds_(rounds), seconds_(seconds), only_(std::move(only)) {}

  // Whether a row of this name is asked for: measure only what is.
  bool wants(const std::string& name) const { return name.find(only_) != std::string::npos; }

  // Medians, taken in turns, so that a machine that slows down slows all of them.
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
  // To be made before any thread is. Each process calls serve(job) for each measure(job), and gives back its rate.
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

// What the games of the table play: actions on one seed.
struct Drive {
  std::uint64_t seed = 0;
  std::vector<std::vector<float>> actions;  // at most 400, fewer where the episode ended
};
// Of two seeds, as the game's own driver plays them (held random actions where it has none), and the first one's
// actions on the second one's seed: along the road and off it. A parked car would sleep in the physics and flatter the
// figures.
std::vector<Drive> bench_drives(const GameEntry& entry);

// The games' rows.
void bench_games(Bench& bench);

}  // namespace reverie
