// The fields of a config struct as a table: name, place, range and meaning of each. What reads, prints, checks,
// compares and explains a config works on such tables and knows no struct. A struct has one function beside it, one
// line a field:
//
//   inline std::vector<Field> fields(CarConfig& c) {
//     return {number_field("mass", c.mass, 1.0, 1e4, "of the car, kg"),
//             number_field("gears", c.gears, 0.1, 10.0, "ratio of each gear"),      // a std::vector
//             number_field("fuel", c.fuel, 0.0, 100.0, "litres in each iteration"),  // a Schedule
//             bool_field("wet", c.wet, "whether it rains"),
//             range_field("grip", c.grip, 0.1, 2.0, "factor of variation"),          // a Schedule<Range>
//             text_field("driver", c.driver, "a name"),
//             choice_field("tyres", c.tyres, {"soft", "hard"}, "the enum's values in their order"),
//             section_field("engine", c.engine, "a struct that has a table too")};
//   }
//
// A struct with rules beyond ranges has `void validate() const`, which begins with check_ranges(*this).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "env/error.h"
#include "env/range.h"
#include "env/schedule.h"

namespace reverie {

template <typename Value>
struct NumberField {
  Value* value;
  Value low, high;  // both allowed
};

// A factor of variation: one number, or the ends of a range of which each episode draws its own.
struct RangeField {
  Range* value;
  double low, high;  // both allowed
};

// An enum, by the place of its value among the names.
struct ChoiceField {
  std::vector<std::string> names;
  std::function<std::size_t()> get;
  std::function<void(std::size_t)> set;
};

// One word or number.
using Scalar = std::variant<NumberField<int>, NumberField<std::int64_t>, NumberField<std::uint64_t>, NumberField<float>,
                            NumberField<double>, RangeField, bool*, std::string*, ChoiceField>;

struct ListField {
  std::function<std::size_t()> size;
  std::function<void(std::size_t)> resize;
  std::function<Scalar(std::size_t)> at;  // valid until the next resize
  std::size_t min_size, max_size;
  std::function<void(int iteration)> resolve = {};  // of a schedule: keeps that iteration's value alone

  bool is_schedule() const { return resolve != nullptr; }
};

struct Field;

// A struct within the struct. Its table is made when it is asked for, so that it may depend on fields that stand before
// it. Without a name its fields count as the outer struct's own.
struct SectionField {
  std::function<std::vector<Field>()> fields;
  std::function<void()> check;  // throws Error (config), named from within the section
};

// Points into the config that the table was made of, which must stay where it is.
struct Field {
  std::string name;
  std::variant<Scalar, ListField, SectionField> value;
  std::string help;
};

template <typename Value>
Field number_field(std::string name, Value& value, std::type_identity_t<Value> low, std::type_identity_t<Value> high,
                   std::string help) {
  return {std::move(name), Scalar(NumberField<Value>{&value, low, high}), std::move(help)};
}

inline Field bool_field(std::string name, bool& value, std::string help) {
  return {std::move(name), Scalar(&value), std::move(help)};
}

inline Field text_field(std::string name, std::string& value, std::string help) {
  return {std::move(name), Scalar(&value), std::move(help)};
}

template <typename Enum>
ChoiceField choice_of(Enum& value, std::vector<std::string> names) {
  return {std::move(names), [&value] { return static_cast<std::size_t>(value); },
          [&value](std::size_t index) { value = static_cast<Enum>(index); }};
}

template <typename Enum>
Field choice_field(std::string name, Enum& value, std::vector<std::string> names, std::string help) {
  return {std::move(name), Scalar(choice_of(value, std::move(names))), std::move(help)};
}

// at: makes the Scalar of an element.
template <typename Value, typename At>
ListField list_of(std::vector<Value>& values, At at, std::size_t min_size, std::size_t max_size) {
  return {[&values] { return values.size(); }, [&values](std::size_t size) { values.resize(size); },
          [&values, at](std::size_t index) { return Scalar(at(values[index])); }, min_size, max_size};
}

template <typename Value, typename At>
ListField list_of(Schedule<Value>& schedule, At at) {
  ListField list = list_of(schedule.values(), at, 1, std::numeric_limits<std::size_t>::max());
  list.resolve = [&schedule](int iteration) { schedule = Schedule<Value>(schedule.at(iteration)); };
  return list;
}

template <typename Value>
auto number_within(Value low, Value high) {
  return [low, high](Value& value) { return NumberField<Value>{&value, low, high}; };
}

// size: how many numbers there must be; -1: any number of them.
template <typename Value>
Field number_field(std::string name, std::vector<Value>& values, std::type_identity_t<Value> low,
                   std::type_identity_t<Value> high, std::string help, int size = -1) {
  const std::size_t least = size < 0 ? 0 : static_cast<std::size_t>(size);
  const std::size_t most = size < 0 ? std::numeric_limits<std::size_t>::max() : least;
  return {std::move(name), list_of(values, number_within<Value>(low, high), least, most), std::move(help)};
}

template <typename Value>
Field number_field(std::string name, Schedule<Value>& values, std::type_identity_t<Value> low,
                   std::type_identity_t<Value> high, std::string help) {
  return {std::move(name), list_of(values, number_within<Value>(low, high)), std::move(help)};
}

inline auto range_within(double low, double high) {
  return [low, high](Range& range) { return RangeField{&range, low, high}; };
}

inline Field range_field(std::string name, Schedule<Range>& values, double low, double high, std::string help) {
  return {std::move(name), list_of(values, range_within(low, high)), std::move(help)};
}

// size: how many there must be, such as the three of a colour.
inline Field range_field(std::string name, std::vector<Range>& values, double low, double high, std::string help,
                         std::size_t size) {
  return {std::move(name), list_of(values, range_within(low, high), size, size), std::move(help)};
}

inline Field text_field(std::string name, std::vector<std::string>& values, std::string help) {
  const auto at = [](std::string& value) { return &value; };
  return {std::move(name), list_of(values, at, 0, std::numeric_limits<std::size_t>::max()), std::move(help)};
}

template <typename Enum>
Field choice_field(std::string name, std::vector<Enum>& values, std::vector<std::string> names, std::string help) {
  const auto at = [names = std::move(names)](Enum& value) { return choice_of(value, names); };
  return {std::move(name), list_of(values, at, 0, std::numeric_limits<std::size_t>::max()), std::move(help)};
}

template <typename Enum>
Field choice_field(std::string name, Schedule<Enum>& values, std::vector<std::string> names, std::string help) {
  const auto at = [names = std::move(names)](Enum& value) { return choice_of(value, names); };
  return {std::move(name), list_of(values, at), std::move(help)};
}

// Throws Error (config) for the first number out of its range, "mass: expected 1 to 10000, found 0", or list of a wrong
// length. NaN is out. Sections are checked by their own rules.
inline void check_fields(const std::vector<Field>& table) {
  const auto check_scalar = [](const std::string& name, const Scalar& scalar) {
    std::visit(
        [&name](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, RangeField>) {
            const Range& range = *value.value;
            check_range(name.c_str(), range.low, value.low, value.high);
            check_range(name.c_str(), range.high, value.low, value.high);
            if (range.low > range.high) {
              throw Error(ErrorKind::config,
                          str(name, ": expected low to be at most high, found ", range.low, " and ", range.high));
            }
          } else if constexpr (requires { value.low; }) {
            check_range(name.c_str(), *value.value, value.low, value.high);
          }
        },
        scalar);
  };
  for (const Field& field : table) {
    if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
      check_scalar(field.name, *scalar);
    } else if (const ListField* list = std::get_if<ListField>(&field.value)) {
      const std::size_t size = list->size();
      if (list->is_schedule() && size == 0) {
        throw Error(ErrorKind::config, field.name + ": expected at least one value, found none");
      }
      if (size < list->min_size || size > list->max_size) {
        throw Error(ErrorKind::config, str(field.name, ": expected ", list->min_size, " values, found ", size));
      }
      for (std::size_t i = 0; i < size; ++i) {
        check_scalar(size == 1 ? field.name : str(field.name, "[", i, "]"), list->at(i));
      }
    } else {
      try {
        std::get<SectionField>(field.value).check();
      } catch (const Error& error) {
        throw Error(error.kind(), (field.name.empty() ? "" : field.name + ".") + error.what());
      }
    }
  }
}

// What a validate() begins with, which is all that most structs need.
template <typename Config>
void check_ranges(const Config& config) {
  Config copy = config;
  check_fields(fields(copy));
}

template <typename Config>
void check_config(const Config& config) {
  if constexpr (requires { config.validate(); }) {
    config.validate();
  } else {
    check_ranges(config);
  }
}

template <typename Config>
Field section_field(std::string name, Config& config, std::string help) {
  return {std::move(name), SectionField{[&config] { return fields(config); }, [&config] { check_config(config); }},
          std::move(help)};
}

// The fields of another struct among one's own.
template <typename Config>
Field fields_of(Config& config) {
  return section_field("", config, "");
}

// Keeps each schedule's value of that iteration alone.
inline void resolve_fields(const std::vector<Field>& table, int iteration) {
  for (const Field& field : table) {
    if (const ListField* list = std::get_if<ListField>(&field.value)) {
      if (list->is_schedule()) {
        list->resolve(iteration);
      }
    } else if (const SectionField* section = std::get_if<SectionField>(&field.value)) {
      resolve_fields(section->fields(), iteration);
    }
  }
}

}  // namespace reverie
