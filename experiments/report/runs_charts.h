// The charts of several runs. A run has its colour in all of them; a group has its first run's.
#pragma once

#include <string>
#include <vector>

#include "experiments/report/run_curves.h"
#include "experiments/report/run_groups.h"
#include "experiments/report/run_record.h"

namespace reverie {

// Bars of the scores whose names begin with `prefix`, for each group.
std::string chart_of_scores(const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                            const std::string& prefix, const std::string& title);

// A line for each run, with the baseline where the runs are few.
std::string chart_of_runs(const std::vector<RunRecord>& runs, const ShownQuantity& quantity);

// A line for each group: the mean over its seeds and a band of one deviation.
std::string chart_of_groups(const std::vector<RunRecord>& runs, const std::vector<RunGroup>& groups,
                            const ShownQuantity& quantity);

}  // namespace reverie
