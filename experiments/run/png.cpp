#include "experiments/run/png.h"

#include <png.h>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {

std::vector<std::byte> encode_png(int height, int width, std::span<const std::uint8_t> rgb) {
  REVERIE_CHECK(rgb.size(), ==, static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_RGB;
  image.height = static_cast<png_uint_32>(height);
  image.width = static_cast<png_uint_32>(width);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr)) {
    throw Error(ErrorKind::other, str("cannot make a PNG of ", height, " x ", width, " pixels: ", image.message));
  }
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, int height, int width, std::span<const std::uint8_t> rgb) {
  write_file_atomically(path, encode_png(height, width, rgb));
}

}  // namespace reverie
