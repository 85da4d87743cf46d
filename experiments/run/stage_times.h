// Where a run's time went: seconds of wall clock of each stage in each iteration, over all sessions, in times.json.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace reverie {

// Adds the time from here to its end of scope to the stage's, also where the stage is stopped or fails.
class StageTimer {
 public:
  StageTimer(std::filesystem::path times, std::string stage, int iteration);
  ~StageTimer();
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  std::filesystem::path times_;
  std::string stage_;
  int iteration_;
  double start_;
};

// Seconds of each stage over all iterations, in the order the stages first ran. Empty without a file; a damaged file
// only gives a warning on stderr and does not stop the run.
std::vector<std::pair<std::string, double>> stage_seconds(const std::filesystem::path& times);

// "  collect            312 s   21 %" a line, in the order the stages first ran, and their sum. Empty without a file.
std::string time_table(const std::filesystem::path& times);

}  // namespace reverie
