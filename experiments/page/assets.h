// The page's files as they stand in experiments/page; embed.cmake writes the .cpp.
#pragma once

#include <string_view>

namespace reverie::page {

extern const std::string_view kHtml, kCss, kJs;
extern const std::string_view kSimd, kPlain;  // WebAssembly; empty where it was not built

}  // namespace reverie::page
