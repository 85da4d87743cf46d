// Films as animated PNG, which every browser shows where a picture may stand (PNG, third edition, 2025: acTL, fcTL,
// fdAT).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reverie {

// It repeats for ever. frames: at least one, each [height, width, 3], shown for so many milliseconds, up to 65535.
std::vector<std::byte> encode_animated_png(int height, int width, const std::vector<std::vector<std::uint8_t>>& frames,
                                           int milliseconds);

}  // namespace reverie
