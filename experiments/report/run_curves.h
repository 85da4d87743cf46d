// Which curves a report of runs shows, and their points: of a run, and over the seeds of a group.
#pragma once

#include <string>
#include <vector>

#include "experiments/models/shown.h"
#include "experiments/report/run_groups.h"
#include "experiments/report/run_record.h"
#include "experiments/report/statistics.h"

namespace reverie {

// The page's sections in their order, with those of the world models that the runs have.
std::vector<ShownSection> shown_sections(const std::vector<RunRecord>& runs);

struct CurvePoints {
  std::vector<double> x, y;  // equally many; y may be NaN
};

// Of `name`, the quantity's own or its baseline. None where the run did not measure it.
CurvePoints points_of(const RunRecord& run, const ShownQuantity& quantity, const std::string& name);

struct SeedSpread {
  std::vector<double> x;
  std::vector<Statistics> y;  // equally many
};

// Over the runs of a group that have a finite value there.
SeedSpread spread_of(const std::vector<RunRecord>& runs, const RunGroup& group, const ShownQuantity& quantity,
                     const std::string& name);

}  // namespace reverie
