// Which curves a report of runs shows, and their points: of a run, and over the seeds of a group.
#pragma once

#include <string>
#include <vector>

#include "experiments/report/run_groups.h"
#include "experiments/report/run_record.h"
#include "experiments/report/statistics.h"

namespace reverie {

// The sections of the page, by their names in it.
inline constexpr const char* kSectionV = "v";
inline constexpr const char* kSectionM = "m";
inline constexpr const char* kSectionDream = "dream";
inline constexpr const char* kSectionC = "c";
inline constexpr const char* kSectionData = "data";

enum class Against { steps, iterations };  // what a curve is drawn over

// What a page shows of a stage: a measurement of metrics.jsonl, and its words for people.
struct ShownQuantity {
  const char *section, *stage, *name;
  const char *title, *unit;
  Against against = Against::steps;
  const char *baseline = "", *baseline_words = "";  // a measurement to hold it against
};

const std::vector<ShownQuantity>& shown_quantities();  // in the order of their sections

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
