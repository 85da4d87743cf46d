// Damage for tests: random edits of the bytes of a file.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "env/random.h"

namespace reverie {

// How often a test of random damage repeats: REVERIE_RELIABILITY_RUNS, else `few`.
inline int reliability_runs(int few) {
  const char* const wanted = std::getenv("REVERIE_RELIABILITY_RUNS");
  return wanted != nullptr ? std::atoi(wanted) : few;
}

inline std::string flip_bit(std::string bytes, Rng& rng) {
  const auto at = static_cast<std::size_t>(rng.below(bytes.size()));
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
  return bytes;
}

inline std::string cut(std::string bytes, Rng& rng) {
  bytes.resize(static_cast<std::size_t>(rng.below(bytes.size())));
  return bytes;
}

// One to four edits: bits, bytes, pieces taken out, doubled or moved, and words that the format knows.
inline std::string mutate(std::string bytes, const std::vector<std::string>& words, Rng& rng) {
  for (std::uint64_t edits = 1 + rng.below(4); edits > 0; --edits) {
    if (bytes.empty()) {
      bytes = words[rng.below(words.size())];
      continue;
    }
    const auto at = static_cast<std::size_t>(rng.below(bytes.size()));
    const auto size = static_cast<std::size_t>(1 + rng.below(std::min<std::uint64_t>(16, bytes.size() - at)));
    switch (rng.below(6)) {
      case 0:
        bytes = flip_bit(bytes, rng);
        break;
      case 1:
        bytes[at] = static_cast<char>(rng.below(256));
        break;
      case 2:
        bytes.erase(at, size);
        break;
      case 3:
        bytes.insert(at, bytes.substr(static_cast<std::size_t>(rng.below(bytes.size())), size));
        break;
      case 4:
        bytes.insert(at, words[rng.below(words.size())]);
        break;
      default:
        bytes.replace(at, size, words[rng.below(words.size())]);
        break;
    }
  }
  return bytes;
}

}  // namespace reverie
