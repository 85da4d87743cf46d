#include "experiments/run/animated_png.h"

#include <zlib.h>

#include <map>
#include <string>

#include "experiments/run/png.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::vector<std::uint8_t> one_colour(std::uint8_t value) {
  return std::vector<std::uint8_t>(std::size_t{3} * 16 * 24, value);
}

std::uint32_t number_at(const std::vector<std::byte>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value * 256 + std::to_integer<std::uint32_t>(bytes[i]);
  }
  return value;
}

// What stands in the IDAT chunks of each picture's own PNG.
std::vector<std::byte> pictures_data(const std::vector<std::vector<std::uint8_t>>& frames) {
  std::vector<std::byte> data;
  for (const auto& frame : frames) {
    const std::vector<std::byte> png = encode_png(16, 24, frame);
    for (std::size_t at = 8; at < png.size(); at += 12 + number_at(png, at)) {
      const auto begin = png.begin() + static_cast<std::ptrdiff_t>(at) + 8;
      if (std::string(reinterpret_cast<const char*>(png.data()) + at + 4, 4) == "IDAT") {
        data.insert(data.end(), begin, begin + number_at(png, at));
      }
    }
  }
  return data;
}

}  // namespace

TEST_CASE("an animated PNG holds each frame's data, numbered, in sound chunks", "[run]") {
  const std::vector<std::byte> film =
      encode_animated_png(16, 24, {one_colour(10), one_colour(200), one_colour(90)}, 100);
  std::map<std::string, int> count;
  std::vector<std::byte> data;
  std::uint32_t next_number = 0;
  std::string order;
  std::size_t at = 8;
  while (at < film.size()) {
    const std::uint32_t size = number_at(film, at);
    const std::string type(reinterpret_cast<const char*>(film.data()) + at + 4, 4);
    CHECK(crc32(0, reinterpret_cast<const Bytef*>(film.data() + at + 4), size + 4) == number_at(film, at + 8 + size));
    if (type == "fcTL" || type == "fdAT") {
      CHECK(number_at(film, at + 8) == next_number++);
    }
    if (type == "fdAT") {
      data.insert(data.end(), film.begin() + static_cast<std::ptrdiff_t>(at) + 12,
                  film.begin() + static_cast<std::ptrdiff_t>(at + 8 + size));
    }
    if (type == "acTL") {
      CHECK(number_at(film, at + 8) == 3);
    }
    ++count[type];
    order += type + " ";
    at += 12 + size;
  }
  CHECK(at == film.size());
  CHECK(count["fcTL"] == 3);
  CHECK(count["fdAT"] >= 2);
  CHECK((data == pictures_data({one_colour(200), one_colour(90)})));  // those of the later frames, in order
  CHECK(order.find("IHDR ") == 0);
  CHECK(order.find("acTL fcTL IDAT") != std::string::npos);
  CHECK(order.substr(order.size() - 5) == "IEND ");
}
