// Base64, for pictures inside a page.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace reverie {

// With padding, on one line.
std::string to_base64(std::span<const std::byte> bytes);

}  // namespace reverie
