// For compilers without libFuzzer (LibTorch's headers are beyond clang 14): feeds LLVMFuzzerTestOneInput with random
// edits of given files. A target's result says how far the input got; some of those that were read are edited further.
// Usage: TARGET RUNS FILE ...
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/reliability/mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s RUNS FILE ...\n", argv[0]);
    return 2;
  }
  const long runs = std::atol(argv[1]);
  std::vector<std::string> corpus;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    corpus.push_back("\x01" + std::string(std::istreambuf_iterator<char>(file), {}));
  }
  const std::size_t given = corpus.size();
  const std::vector<std::string> words = {
      "-1",         "9999999999999999999",    "1e308",        "null", "{}", "[]",      "U8", "F64",
      "4294967296", "\"data_offsets\":[0,0]", "\"shape\":[]", ",",    "}",  "\xff\xfe"};
  reverie::Rng rng(1);
  std::vector<long> reached(8, 0);
  for (long i = 0; i < runs; ++i) {
    std::string text = corpus[rng.below(2) == 0 ? rng.below(given) : rng.below(corpus.size())];
    if (i >= static_cast<long>(given)) {
      // Half of the edits go where the header is, which is short beside the tensors.
      const std::size_t head = rng.below(2) == 0 ? std::min<std::size_t>(text.size(), 700) : text.size();
      text = reverie::mutate(text.substr(0, head), words, rng) + text.substr(head);
    }
    std::ofstream("last-input", std::ios::binary | std::ios::trunc) << text;  // to look at after a crash
    const int result = LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    ++reached[static_cast<std::size_t>(std::clamp(result, 0, 7))];
    if (result > 0 && i >= static_cast<long>(given) && corpus.size() < 1000 && rng.below(20) == 0) {
      corpus.push_back(std::move(text));
    }
  }
  std::printf("%ld inputs; how far they got:", runs);
  for (std::size_t k = 0; k < reached.size(); ++k) {
    if (reached[k] > 0) std::printf(" %zu: %ld", k, reached[k]);
  }
  std::printf("\n");
}
