// Frames as PNG.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace reverie {

// rgb: [height, width, 3], row 0 on top.
std::vector<std::byte> encode_png(int height, int width, std::span<const std::uint8_t> rgb);

// The file is written whole or not at all; Error names it.
void write_png(const std::filesystem::path& path, int height, int width, std::span<const std::uint8_t> rgb);

}  // namespace reverie
