// How event files hold bytes. A record is u64 length, u32 masked CRC-32C of those 8 bytes, the bytes, u32 masked
// CRC-32C of the bytes, all little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reverie {

std::uint32_t crc32c(std::string_view bytes);
// TensorFlow's masking, which is safer for bytes that contain their own checksum.
std::uint32_t masked_crc32c(std::string_view bytes);

std::string make_record(std::string_view bytes);

}  // namespace reverie
