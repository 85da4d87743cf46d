// report: several runs and seeds on one page, and the numbers beside it.
#include <nlohmann/json.hpp>

#include "experiments/app/commands.h"
#include "experiments/app/page_and_numbers.h"
#include "experiments/report/runs_report.h"

namespace reverie {

void report(const ReportOptions& options) {
  const PageAndNumbers files(options.out);
  const std::vector<RunRecord> runs = read_runs(options.runs);
  files.make_ready();
  files.write(runs_page(runs), runs_json(runs));
}

}  // namespace reverie
