// PNG files of frames.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace reverie {

// rgb: [height, width, 3], row 0 on top. The file is written whole or not at all; Error names it.
void write_png(const std::filesystem::path& path, int height, int width, std::span<const std::uint8_t> rgb);

}  // namespace reverie
