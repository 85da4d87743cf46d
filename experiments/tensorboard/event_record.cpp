#include "experiments/tensorboard/event_record.h"

#include <array>
#include <bit>

#include "experiments/tensorboard/protobuf.h"

namespace reverie {

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
      std::uint32_t remainder = byte;
      for (int bit = 0; bit < 8; ++bit) {
        remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78u : 0u);  // Castagnoli's polynomial, bits reversed
      }
      made[byte] = remainder;
    }
    return made;
  }();
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc = crc >> 8 ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  }
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

std::string make_record(std::string_view bytes) {
  const std::string length = raw(static_cast<std::uint64_t>(bytes.size()));
  std::string record = length + raw(masked_crc32c(length));
  record += bytes;
  return record + raw(masked_crc32c(bytes));
}

}  // namespace reverie
