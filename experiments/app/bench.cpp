// bench: how fast each part is here, and how near to its limit.
#include "experiments/bench/bench.h"

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/models/model_family.h"
#include "experiments/run/machine.h"

namespace reverie {

void bench(const BenchOptions& options) {
  const int rounds = options.quick ? 1 : 5;
  const double seconds = options.quick ? 0.03 : 0.25;
  constexpr int kJobs = 100;  // of one world model
  SideBySide side_by_side([seconds](int job) {
    return model_families()[static_cast<std::size_t>(job / kJobs)]->serve_bench_job(job % kJobs, seconds);
  });
  Bench table(rounds, seconds, options.only);
  bench_games(table);
  for (std::size_t i = 0; i < model_families().size(); ++i) {
    model_families()[i]->bench(
        table, [&, first = static_cast<int>(i) * kJobs](int job) { return side_by_side.measure(first + job); });
  }
  if (table.rows().empty()) {
    throw Error(ErrorKind::usage, str("--only: no row's name holds '", options.only, "'"));
  }
  std::fprintf(stderr, "matrix product of 1024, one core: %.0f GFLOP/s float32, %.0f bfloat16\n", measure_gemm(false),
               measure_gemm(true));
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const BenchRow& row : table.rows()) {
      nlohmann::ordered_json entry = {{"name", row.name}, {"rate", row.rate}, {"unit", row.unit}};
      entry["limit"] = row.limit > 0.0 ? nlohmann::ordered_json(row.limit) : nullptr;
      entry["ratio"] = row.limit > 0.0 ? nlohmann::ordered_json(row.rate / row.limit) : nullptr;
      entry["precision"] = row.precision;
      entry["batch"] = row.batch;
      entry["against"] = row.against;
      json.push_back(std::move(entry));
    }
    std::cout << json.dump() << "\n";
  }
}

}  // namespace reverie
