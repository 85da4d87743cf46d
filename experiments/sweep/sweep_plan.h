// What a sweep runs: a config with every combination of the values that are given for some of its keys. And what a
// sweep's folder holds:
//
//   sweep.json   keys, values and runs, of all sweeps into this folder     sweep.yaml   the config's text
//   NAME/        a run, called by its values: temperature=0.5,seed=1       NAME.log     what it said
//   report.html  report.json  the closing report                           lock         held while a sweep works
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/config/config.h"

namespace reverie {

struct SweepRun {
  std::string name;                 // its folder's
  std::vector<std::string> values;  // of the swept keys, in their order, as they were typed
};

struct SweepPlan {
  std::vector<std::string> keys;   // swept over, the seed last
  std::vector<std::string> fixed;  // "key=value", the same in all runs
  std::vector<SweepRun> runs;

  std::vector<std::string> overrides(const SweepRun& run) const;  // fixed ones and its own
};

// "0.5,1" has two values, "[8,4],[8]" too: commas within brackets or quotes do not separate.
std::vector<std::string> split_values(const std::string& text);

// assignments: "key=value" or "key=value,value,..."; the seed and what has several values is swept over, and so is a
// key in `known`, which an earlier sweep into the same folder was over. Each combination is read as a config. Error
// (kind usage) where nothing is swept over, where a key comes twice or changes no result, and where two runs would be
// the same; (kind config) where a combination is no config.
SweepPlan plan_sweep(const std::filesystem::path& config_file, const std::vector<std::string>& assignments,
                     const std::vector<std::string>& known = {});

// "dream.temperature" is called "temperature" where no other key of the sweep is.
std::string short_name(const std::string& key, const std::vector<std::string>& keys);

// What sweep.json says: the sweeps into this folder so far.
struct SweepRecord {
  SweepPlan plan;          // with the runs of all of them; fixed: of the last one
  std::string from, keep;  // as `train` takes them; empty: none
};

std::optional<SweepRecord> read_sweep(const std::filesystem::path& path);  // none where there is no file
void write_sweep(const std::filesystem::path& path, const SweepRecord& record);

}  // namespace reverie
