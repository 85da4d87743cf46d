#include "experiments/run/animated_png.h"

#include <zlib.h>

#include <span>
#include <string_view>

#include "env/error.h"
#include "experiments/run/png.h"

namespace reverie {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kSignature = 8;  // bytes at the head of a PNG
constexpr std::size_t kAround = 12;    // of a chunk: length, type and checksum

void put(Bytes& bytes, std::uint32_t value, int size) {  // the largest byte first
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
  }
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  }
  return value;
}

void put_chunk(Bytes& bytes, std::string_view type, std::span<const std::byte> content) {
  put(bytes, static_cast<std::uint32_t>(content.size()), 4);
  const std::size_t begin = bytes.size();
  for (const char letter : type) {
    bytes.push_back(static_cast<std::byte>(letter));
  }
  bytes.insert(bytes.end(), content.begin(), content.end());
  put(bytes,
      static_cast<std::uint32_t>(
          crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + begin), static_cast<uInt>(bytes.size() - begin))),
      4);
}

}  // namespace

std::vector<std::byte> encode_animated_png(int height, int width, const std::vector<std::vector<std::uint8_t>>& frames,
                                           int milliseconds) {
  REVERIE_CHECK(frames.size(), >=, 1u);
  REVERIE_CHECK(milliseconds, <=, 65535);
  Bytes film;
  std::uint32_t sequence = 0;  // of fcTL and fdAT chunks together
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Bytes png = encode_png(height, width, frames[i]);
    if (i == 0) {
      film.assign(png.begin(), png.begin() + kSignature);
    }
    bool begun = false;  // whether this frame's control stands before its first data
    for (std::size_t at = kSignature; at + kAround <= png.size(); at += kAround + number_at(png, at)) {
      const std::string_view type(reinterpret_cast<const char*>(png.data()) + at + 4, 4);
      const auto content = std::span(png).subspan(at + 8, number_at(png, at));
      if (type == "IDAT") {
        if (!begun) {
          if (i == 0) {
            Bytes film_control;
            put(film_control, static_cast<std::uint32_t>(frames.size()), 4);
            put(film_control, 0, 4);  // repeats for ever
            put_chunk(film, "acTL", film_control);
          }
          Bytes frame_control;
          put(frame_control, sequence++, 4);
          put(frame_control, static_cast<std::uint32_t>(width), 4);
          put(frame_control, static_cast<std::uint32_t>(height), 4);
          put(frame_control, 0, 4);  // left
          put(frame_control, 0, 4);  // top
          put(frame_control, static_cast<std::uint32_t>(milliseconds), 2);
          put(frame_control, 1000, 2);
          put(frame_control, 0, 2);  // is left standing, and replaces what was before
          put_chunk(film, "fcTL", frame_control);
          begun = true;
        }
        if (i == 0) {
          put_chunk(film, "IDAT", content);
        } else {
          Bytes data;
          put(data, sequence++, 4);
          data.insert(data.end(), content.begin(), content.end());
          put_chunk(film, "fdAT", data);
        }
      } else if (i == 0 && type != "IEND") {
        put_chunk(film, type, content);
      }
    }
  }
  put_chunk(film, "IEND", {});
  return film;
}

}  // namespace reverie
