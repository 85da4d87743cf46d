// Groups of runs: which runs are seeds of one config, and how their scores and settings differ.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "experiments/report/run_record.h"
#include "experiments/report/statistics.h"

namespace reverie {

// Runs of one config but for the seed (and for what changes no result, as the number of threads).
struct RunGroup {
  std::string name;
  std::vector<std::size_t> runs;  // places in the list of runs
};
std::vector<RunGroup> group_runs(const std::vector<RunRecord>& runs);

// The names of all scores, in the order they are met.
std::vector<std::string> score_names(const std::vector<RunRecord>& runs);
std::optional<RunScore> score_of(const RunRecord& run, const std::string& name);
// Over the runs of a group: each run's mean is one value.
std::optional<Statistics> score_of(const std::vector<RunRecord>& runs, const RunGroup& group, const std::string& name);

// Keys whose values differ between the runs, but for the seed.
std::vector<std::string> differing_keys(const std::vector<RunRecord>& runs);

}  // namespace reverie
