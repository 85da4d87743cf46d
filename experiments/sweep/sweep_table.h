// The closing table of a sweep.
#pragma once

#include <string>
#include <vector>

#include "experiments/report/run_record.h"

namespace reverie {

// In Markdown, a row for each combination of values but for the seed, in the order of the runs: the trained
// controller's returns in the dream and in the game, mean and deviation over the episodes of all seeds, and each seed's
// beside it where there are several. keys: swept over; the runs' values are those of their configs. Runs without scores
// are left out; empty where none has any.
std::string sweep_table(const std::vector<RunRecord>& runs, const std::vector<std::string>& keys);

}  // namespace reverie
