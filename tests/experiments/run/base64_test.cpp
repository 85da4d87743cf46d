#include "experiments/run/base64.h"

#include "tests/test.hpp"

using namespace reverie;

namespace {

std::string encoded(const std::string& text) {
  return to_base64(std::as_bytes(std::span<const char>(text)));
}

}  // namespace

TEST_CASE("base64 as in RFC 4648's examples", "[report]") {
  CHECK(encoded("").empty());
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foob") == "Zm9vYg==");
  CHECK(encoded("fooba") == "Zm9vYmE=");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xff\xfe\xfb") == "//77");
}
