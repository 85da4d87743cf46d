// Numbers as people write them. Configs, the command line, scripts and files of actions are all read by this one
// reader, so that a text means the same number everywhere.
#pragma once

#include <string_view>

namespace reverie {

enum class NumberText {
  good,
  not_a_number,  // "", "x", "0x10", "1_000", " 1", "nan", "inf"; for whole numbers also "1.0" and "1e3"
  out_of_range,  // of the type
};

// Decimal always: "010" is 10, "+0.5" and ".5" are 0.5. A number too small for the type rounds to 0. Leaves `value` as
// it was where the text is not good. Number: int, std::int64_t, std::uint64_t, float or double.
template <typename Number>
NumberText read_number(std::string_view text, Number& value);

// Whether the text is a decimal number of any size, whole or not.
bool is_decimal(std::string_view text);

// Without the mark (U+FEFF in UTF-8) that some editors put before a file's first character.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace reverie
