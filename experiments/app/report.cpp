// report: several runs and seeds on one page, and the numbers beside it.
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/report/runs_report.h"
#include "experiments/run/run_directory.h"

namespace reverie {

void report(const ReportOptions& options) {
  const std::filesystem::path numbers = std::filesystem::path(options.out).replace_extension(".json");
  if (numbers == options.out) {
    throw Error(ErrorKind::usage, str("--out ", options.out.string(), ": expected the page's name, FILE.html"));
  }
  const std::vector<RunRecord> runs = read_runs(options.runs);
  if (options.out.has_parent_path()) {
    make_folder(options.out.parent_path());
  }
  check_writable(options.out);  // both or none
  write_json(numbers, runs_json(runs));
  write_file_atomically(options.out, runs_page(runs));
  std::cerr << "wrote " << options.out.string() << " and " << numbers.string() << "\n";
}

}  // namespace reverie
