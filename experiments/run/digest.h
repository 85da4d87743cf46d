// A short name for a text that changes when it does.
#pragma once

#include <string>

namespace reverie {

std::string digest_of(const std::string& text);  // XXH3-64 in 16 hex digits

}  // namespace reverie
