#include "env/number_text.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "tests/test.hpp"

using namespace reverie;

namespace {

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value = 77;
  if (read_number(text, value) == NumberText::good) {
    return value;
  }
  CHECK(value == 77);
  return std::nullopt;
}

template <typename Number>
bool too_large(std::string_view text) {
  Number value{};
  return read_number(text, value) == NumberText::out_of_range;
}

}  // namespace

TEST_CASE("a whole number is decimal, whatever it begins with", "[env]") {
  CHECK(number<int>("010") == 10);
  CHECK(number<int>("08") == 8);
  CHECK(number<std::uint64_t>("+7") == 7);
  CHECK(number<int>("-0012") == -12);
  CHECK(number<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(number<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(too_large<std::uint64_t>("18446744073709551616"));
  CHECK(too_large<std::uint64_t>("-1"));
  CHECK(too_large<int>("2147483648"));
  for (const char* const text : {"", "+", "-", "+-1", "-+1", "x", "0x10", "1.0", "1e3", "1_000", " 1", "1 ", "1,0"}) {
    INFO(text);
    CHECK(number<int>(text) == std::nullopt);
    CHECK_FALSE(too_large<int>(text));
  }
}

TEST_CASE("a number is decimal and finite, and a tiny one is zero", "[env]") {
  CHECK(number<float>("+0.5") == 0.5f);
  CHECK(number<float>("-.5") == -0.5f);
  CHECK(number<double>("08.25e-1") == 0.825);
  CHECK(number<double>("5.") == 5.0);
  CHECK(number<float>("0.1") == 0.1f);
  CHECK(number<float>("3.4028234663852886e38") == std::numeric_limits<float>::max());
  for (const char* const tiny : {"7.7e-53", "-7.7e-53", "0.000000000000000000000000000000000000000000000000000077",
                                 "1e-99999999999999999999", "770000e-58"}) {
    INFO(tiny);
    CHECK(number<float>(tiny) == 0.0f);
  }
  CHECK(number<double>("1e-400") == 0.0);
  CHECK(number<double>("0e99999999999999999999") == 0.0);
  for (const char* const huge : {"1e400", "-1e400", "0.001e999", "1e99999999999999999999"}) {
    INFO(huge);
    CHECK(too_large<double>(huge));
  }
  CHECK(too_large<float>("1e39"));
  for (const char* const text : {"", ".", "+.", "e5", "1e", "1e+", "nan", "inf", ".inf", "0x1p3", "1.2.3", "1 2"}) {
    INFO(text);
    CHECK(number<double>(text) == std::nullopt);
    CHECK_FALSE(too_large<double>(text));
    CHECK_FALSE(is_decimal(text));
  }
  CHECK(is_decimal("1e400"));
}

TEST_CASE("a byte-order mark before the first character is skipped", "[env]") {
  CHECK(without_byte_order_mark("\xef\xbb\xbfseed: 1") == "seed: 1");
  CHECK(without_byte_order_mark("seed: 1") == "seed: 1");
  CHECK(without_byte_order_mark("\xef\xbb") == "\xef\xbb");
}
