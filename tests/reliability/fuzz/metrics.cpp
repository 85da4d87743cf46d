// Any bytes as metrics.jsonl, as a stage that goes on reads it. The first byte is left out.
#include "experiments/run/metrics.h"

#include <fstream>

#include "env/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const std::filesystem::path folder = [] {
    const auto made = std::filesystem::temp_directory_path() / ("reverie-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(made);
    return made;
  }();
  std::ofstream(folder / "metrics.jsonl", std::ios::binary | std::ios::trunc) << std::string(bytes + (size > 0), bytes + size);
  try {
    reverie::Metrics metrics(folder / "metrics.jsonl");
    const reverie::MetricsPlace place{"train-vae", 0, 2};
    metrics.holds(place);
    metrics.resume_at(place);
    metrics.write(place, {{"loss", 1.0}});
    return 1;
  } catch (const reverie::Error&) {
  }
  return 0;
}
