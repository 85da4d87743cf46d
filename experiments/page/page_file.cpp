#include "experiments/page/page_file.h"

#include <span>

#include "env/error.h"
#include "experiments/page/assets.h"
#include "experiments/run/base64.h"

namespace reverie {
namespace {

std::string base64(std::string_view bytes) {
  return to_base64(std::as_bytes(std::span(bytes)));
}

}  // namespace

bool page_possible() {
  return !page::kSimd.empty();
}

std::string make_page(std::string_view block) {
  REVERIE_CHECK(page_possible(), ==, true);
  std::string html;
  std::string_view rest = page::kHtml;
  while (true) {
    const std::size_t begin = rest.find("{{");
    html += rest.substr(0, begin);
    if (begin == rest.npos) {
      return html;
    }
    const std::size_t end = rest.find("}}", begin);
    const std::string_view name = rest.substr(begin + 2, end - begin - 2);
    rest.remove_prefix(end + 2);
    if (name == "css") {
      html += page::kCss;
    } else if (name == "js") {
      html += page::kJs;
    } else if (name == "simd") {
      html += base64(page::kSimd);
    } else if (name == "plain") {
      html += base64(page::kPlain);
    } else {
      REVERIE_CHECK(name, ==, std::string_view("block"));
      html += base64(block);
    }
  }
}

}  // namespace reverie
