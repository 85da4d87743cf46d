// Any bytes as a tensor file. The first byte says how the rest is meant: as it stands, or with a checksum that fits, so
// that what lies behind it is reached too.
#include "tests/reliability/fuzz/folder.h"
#include "tests/reliability/fuzz/reseal.h"
#include "tests/temporary_folder.h"
#include "worldmodel/data/tensor_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::filesystem::path file = reverie::fuzz_folder() / "tensors.safetensors";
  std::string text = size == 0 ? std::string() : std::string(bytes + 1, bytes + size);
  if (size > 0 && bytes[0] % 4 != 0) {
    reverie::reseal(text);
  }
  reverie::write_plainly(file, text);
  int read = 0;
  const auto attempt = [&](const auto& reader) {
    try {
      reader();
      ++read;
    } catch (const reverie::Error&) {
    }
  };
  attempt([&] { reverie::read_tensor_file(file, "latents/1"); });
  attempt([&] { reverie::verify_tensor_file(file, "latents/1"); });
  attempt([&] { reverie::read_tensor_header(file, "latents/1"); });
  return read;
}
