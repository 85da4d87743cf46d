// Any bytes as metrics.jsonl, as a stage that goes on reads it. The first byte is left out.
#include "experiments/run/metrics.h"

#include "env/error.h"
#include "tests/reliability/fuzz/folder.h"
#include "tests/temporary_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::filesystem::path file = reverie::fuzz_folder() / "metrics.jsonl";
  reverie::write_plainly(file, std::string(bytes + (size > 0), bytes + size));
  try {
    reverie::Metrics metrics(file);
    const reverie::MetricsPlace place{"train-vae", 0, 2};
    metrics.holds(place);
    metrics.resume_at(place);
    metrics.write(place, {{"loss", 1.0}});
    return 1;
  } catch (const reverie::Error&) {
  }
  return 0;
}
