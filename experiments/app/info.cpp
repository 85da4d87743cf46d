#include <iostream>
#include <nlohmann/json.hpp>

#include "env/error.h"
#include "env/team.h"
#include "experiments/app/commands.h"
#include "experiments/run/experiment.h"
#include "experiments/run/machine.h"

namespace reverie {
namespace {

// A tuned BLAS does 30 or more per core on processors of the last ten years; the reference BLAS about 5.
constexpr double kSlowBlas = 15;  // GFLOP/s

std::string shown(const nlohmann::ordered_json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (!value.is_array()) {
    return value.dump();
  }
  std::string joined;
  for (const auto& item : value) {
    joined += (joined.empty() ? "" : " ") + shown(item);
  }
  return joined.empty() ? "none" : joined;
}

}  // namespace

void info(const InfoOptions& options) {
  nlohmann::ordered_json report = {{"versions", describe_versions()}, {"machine", describe_machine()}};
  const double float32 = measure_gemm(false);
  report["gemm_gflops"] = {{"float32", std::round(float32)}, {"bfloat16", std::round(measure_gemm(true))}};
  if (const Team* const team = team_of_this_process()) {
    for (const Member& member : team->members()) {
      report["ranks"][std::to_string(report["ranks"].size())] =
          str(member.host, ", process ", member.process, ", ", member.threads, " thread(s)");
    }
  }
  if (options.json) {
    std::cout << report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    for (const auto& [group, entries] : report.items()) {
      std::cout << group << "\n";
      for (const auto& [name, value] : entries.items()) {
        std::cout << "  " << name << ": " << shown(value) << "\n";
      }
    }
  }
  if (float32 < kSlowBlas) {
    std::cerr << "warning: matrix products are slow here (" << std::round(float32)
              << " GFLOP/s): LibTorch calls a plain BLAS; install libopenblas0-pthread\n";
  }
}

}  // namespace reverie
