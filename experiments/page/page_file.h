// The one HTML file of a page: its parts, which CMake puts into the program, with a dream's block among them.
#pragma once

#include <string>
#include <string_view>

namespace reverie {

// Whether the program was built with the WebAssembly, for which clang and lld must be there.
bool page_possible();

// block: what dream_runtime.h says. Nothing of it is read here: in the page all of it is base64.
std::string make_page(std::string_view block);

}  // namespace reverie
