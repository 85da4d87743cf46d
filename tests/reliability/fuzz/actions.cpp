// libFuzzer: any bytes as a file of actions, played by a game.
#include <unistd.h>

#include <filesystem>

#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/trace/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("reverie-fuzz-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
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
