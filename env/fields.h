// The fields of a config struct as a table: name, place, range and meaning of each. What reads, prints, checks and
// explains a config works on such tables and knows no struct. A struct has one function beside it, one line a field:
//
//   std::vector<Field> fields(CarConfig& c) {
//     return {number_field("mass", c.mass, 1.0, 1e4, "of the car, kg"),
//             bool_field("wet", c.wet, "whether it rains"),
//             text_field("driver", c.driver, "a name"),
//             choice_field("tyres", c.tyres, {"soft", "hard"}, "the enum's values in their order")};
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "env/error.h"

namespace reverie {

template <typename Value>
struct NumberField {
  Value* value;
  Value low, high;  // both allowed
};

// An enum, by the place of its value among the names.
struct ChoiceField {
  std::vector<std::string> names;
  std::function<std::size_t()> get;
  std::function<void(std::size_t)> set;
};

// Points into the config that the table was made of, which must stay where it is.
struct Field {
  std::string name;
  std::variant<NumberField<int>, NumberField<std::int64_t>, NumberField<std::uint64_t>, NumberField<float>,
               NumberField<double>, bool*, std::string*, ChoiceField>
      value;
  std::string help;
};

template <typename Value>
Field number_field(std::string name, Value& value, std::type_identity_t<Value> low, std::type_identity_t<Value> high,
                   std::string help) {
  return {std::move(name), NumberField<Value>{&value, low, high}, std::move(help)};
}

inline Field bool_field(std::string name, bool& value, std::string help) {
  return {std::move(name), &value, std::move(help)};
}

inline Field text_field(std::string name, std::string& value, std::string help) {
  return {std::move(name), &value, std::move(help)};
}

template <typename Enum>
Field choice_field(std::string name, Enum& value, std::vector<std::string> names, std::string help) {
  return {std::move(name),
          ChoiceField{std::move(names), [&value] { return static_cast<std::size_t>(value); },
                      [&value](std::size_t index) { value = static_cast<Enum>(index); }},
          std::move(help)};
}

// Throws Error (config) for the first number out of its range: "mass: expected 1 to 10000, found 0". NaN is out.
inline void check_fields(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    std::visit(
        [&field](const auto& value) {
          if constexpr (requires { value.low; }) {
            check_range(field.name.c_str(), *value.value, value.low, value.high);
          }
        },
        field.value);
  }
}

}  // namespace reverie
