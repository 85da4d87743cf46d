// libFuzzer: any bytes as a file of actions, played by a game.
#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/trace/trace.h"
#include "tests/reliability/fuzz/folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::filesystem::path folder = reverie::fuzz_folder();
  reverie::TraceOptions options;
  options.game = "take_cover";
  options.actions_file = folder / "actions";
  options.out_file = "/dev/null";
  reverie::write_file_atomically(options.actions_file, std::as_bytes(std::span(bytes, size)));
  try {
    reverie::trace(options);
  } catch (const reverie::Error&) {
  }
  return 0;
}
