// A run as `reverie report` reads it from its folder: plain data.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/report/learning_curves.h"

namespace reverie {

struct RunScore {
  double mean = 0, deviation = 0;  // of the return over its episodes
  int episodes = 0;
};

// What a run's folder holds of itself. A run that is not done yet lacks some of it.
struct RunRecord {
  std::filesystem::path folder;
  std::string name;                                      // its folder's, or so much of the path that no two are alike
  std::string model_kind;                                // of its world model
  std::map<std::string, std::string> config;             // {"dream.horizon", "1000"}; and "from"
  LearningCurves curves;                                 // of metrics.jsonl
  std::vector<std::pair<std::string, RunScore>> scores;  // of summary.json, in its order
  std::string played;                                    // how those scores were played, in words; empty: not known
  std::string origin;                                    // what it took from another run, in words; empty: nothing
  std::string started;                                   // UTC, of the first session; empty: not known
  std::map<std::string, double> seconds;                 // wall time by stage, of times.json; empty: none
  std::optional<double> recorded_steps;                  // of the game, by collect
  std::optional<double> controller_steps;                // that C learnt on, in dream or game

  std::string setting(const std::string& key) const;  // of the config; a dash where it is not there
};

// Reads only, also while a run is being trained. Error (kind config) where a folder is no run or comes twice, (kind
// data) where a file is damaged.
std::vector<RunRecord> read_runs(const std::vector<std::filesystem::path>& folders);

}  // namespace reverie
