#include "experiments/png.h"

#include <png.h>

#include <cstddef>
#include <vector>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {

void write_png(const std::filesystem::path& path, int height, int width, std::span<const std::uint8_t> rgb) {
  REVERIE_CHECK(rgb.size(), ==, static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_RGB;
  image.height = static_cast<png_uint_32>(height);
  image.width = static_cast<png_uint_32>(width);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr)) {
    throw Error(ErrorKind::other, str(path.string(), ": cannot make a PNG: ", image.message));
  }
  bytes.resize(size);
  write_file_atomically(path, bytes);
}

}  // namespace reverie
