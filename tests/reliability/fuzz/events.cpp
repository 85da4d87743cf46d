// libFuzzer: any bytes as an event file of TensorBoard. The first byte says how the rest is meant: as a whole file, or
// as the content of a record whose checksums fit.
#include "env/atomic_file.h"
#include "env/error.h"
#include "experiments/tensorboard/event_reader.h"
#include "experiments/tensorboard/event_record.h"
#include "tests/reliability/fuzz/folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::filesystem::path folder = reverie::fuzz_folder();
  const std::string text = size == 0 ? std::string() : std::string(bytes + 1, bytes + size);
  reverie::write_file_atomically(folder / "events", size > 0 && bytes[0] % 2 == 0 ? text : reverie::make_record(text));
  try {
    reverie::read_events(folder / "events");
  } catch (const reverie::Error&) {
  }
  return 0;
}
