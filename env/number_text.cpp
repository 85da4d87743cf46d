#include "env/number_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <type_traits>

namespace reverie {
namespace {

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// The parts of [+-] digits [. digits] [e [+-] digits]; at least one digit before the exponent.
struct Decimal {
  bool valid = false, whole_number = false;
  std::string_view whole, fraction, exponent;  // digits; the exponent with its sign
};

Decimal parse(std::string_view text) {
  const auto take = [&text](std::size_t count) {
    const std::string_view taken = text.substr(0, count);
    text.remove_prefix(count);
    return taken;
  };
  const auto skip_sign = [&] { return take(text.starts_with('+') || text.starts_with('-') ? 1 : 0).size(); };
  Decimal decimal;
  skip_sign();
  decimal.whole = take(count_digits(text));
  decimal.whole_number = !decimal.whole.empty() && text.empty();
  if (text.starts_with('.')) {
    take(1);
    decimal.fraction = take(count_digits(text));
  }
  decimal.valid = !(decimal.whole.empty() && decimal.fraction.empty());
  if (text.starts_with('e') || text.starts_with('E')) {
    take(1);
    const std::string_view rest = text;
    const std::size_t sign = skip_sign(), digits = count_digits(text);
    decimal.exponent = rest.substr(0, sign + digits);
    decimal.valid = decimal.valid && digits > 0;
    take(digits);
  }
  decimal.valid = decimal.valid && text.empty();
  return decimal;
}

// True if a number that does not fit its type is below 1: then it is too small for the type, not too large.
bool is_small(const Decimal& decimal) {
  std::string_view exponent = decimal.exponent;
  const bool negative = exponent.starts_with('-');
  exponent.remove_prefix(exponent.starts_with('+') || negative ? 1 : 0);
  std::int64_t power = 0;
  if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), power).ec == std::errc::result_out_of_range) {
    return negative;
  }
  power = negative ? -power : power;
  const std::size_t first = decimal.whole.find_first_not_of('0');
  if (first != decimal.whole.npos) {
    return power + static_cast<std::int64_t>(decimal.whole.size() - first) <= 0;
  }
  const std::size_t zeros = decimal.fraction.find_first_not_of('0');
  return zeros == decimal.fraction.npos || power <= static_cast<std::int64_t>(zeros);
}

}  // namespace

template <typename Number>
NumberText read_number(std::string_view text, Number& value) {
  const Decimal decimal = parse(text);
  if (!decimal.valid || (std::is_integral_v<Number> && !decimal.whole_number)) {
    return NumberText::not_a_number;
  }
  text.remove_prefix(text.starts_with('+') ? 1 : 0);
  Number parsed{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error == std::errc{} && stop == text.data() + text.size()) {
    value = parsed;
    return NumberText::good;
  }
  if (std::is_floating_point_v<Number> && is_small(decimal)) {
    value = Number{0};
    return NumberText::good;
  }
  return NumberText::out_of_range;  // also a negative number for a type without a sign
}

template NumberText read_number(std::string_view, int&);
template NumberText read_number(std::string_view, std::int64_t&);
template NumberText read_number(std::string_view, std::uint64_t&);
template NumberText read_number(std::string_view, float&);
template NumberText read_number(std::string_view, double&);

bool is_decimal(std::string_view text) {
  return parse(text).valid;
}

std::string_view without_byte_order_mark(std::string_view text) {
  text.remove_prefix(text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  return text;
}

}  // namespace reverie
