// Any bytes as the file of an episode; the first byte as in tensors.cpp.
#include "env/error.h"
#include "tests/reliability/fuzz/folder.h"
#include "tests/reliability/fuzz/reseal.h"
#include "tests/temporary_folder.h"
#include "worldmodel/data/episode_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::filesystem::path folder = reverie::fuzz_folder();
  std::string text = size == 0 ? std::string() : std::string(bytes + 1, bytes + size);
  if (size > 0 && bytes[0] % 4 != 0) {
    reverie::reseal(text);
  }
  reverie::write_plainly(reverie::episode_path(folder, 0), text);
  int read = 0;
  try {
    const reverie::EpisodeStore store({folder}, 1);
    ++read;
    store.read(0);
    ++read;
    std::vector<std::uint8_t> frame(static_cast<std::size_t>(store.height()) * static_cast<std::size_t>(store.width()) *
                                    3);
    store.read_frame(0, store.num_steps(0), frame);
    reverie::read_rewards(reverie::episode_path(folder, 0));
    ++read;
  } catch (const reverie::Error&) {
  }
  return read;
}
