#include "python/field_values.h"

#include <nanobind/stl/string.h>

#include <cmath>
#include <limits>
#include <optional>

#include "env/error.h"

namespace nb = nanobind;

namespace reverie {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& expected, nb::handle found) {
  throw Error(ErrorKind::config, str(name, ": expected ", expected, ", found ", nb::repr(found).c_str()));
}

double to_double(const std::string& name, nb::handle value, const char* expected) {
  const double number =
      nb::isinstance<nb::bool_>(value) ? std::numeric_limits<double>::quiet_NaN() : PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr || !std::isfinite(number)) {
    PyErr_Clear();
    refuse(name, expected, value);
  }
  return number;
}

template <typename Number>
void set_scalar(const std::string& name, const NumberField<Number>& field, nb::handle value) {
  const std::string range = str(field.low, " to ", field.high);
  const double number = to_double(name, value, ("a number from " + range).c_str());
  if (std::is_integral_v<Number> && number != std::floor(number)) {
    refuse(name, "a whole number from " + range, value);
  }
  if (!(number >= static_cast<double>(field.low) && number <= static_cast<double>(field.high))) {
    refuse(name, range, value);
  }
  *field.value = static_cast<Number>(number);
}

void set_scalar(const std::string& name, bool* field, nb::handle value) {
  const int truth = nb::isinstance<nb::bool_>(value) ? static_cast<int>(value.is(Py_True)) : -1;
  if (truth < 0) {
    refuse(name, "True or False", value);
  }
  *field = truth != 0;
}

void set_scalar(const std::string& name, std::string* field, nb::handle value) {
  if (!nb::isinstance<nb::str>(value)) {
    refuse(name, "text", value);
  }
  *field = nb::cast<std::string>(value);
}

void set_scalar(const std::string& name, const ChoiceField& field, nb::handle value) {
  std::string known;
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (nb::isinstance<nb::str>(value) && nb::cast<std::string>(value) == field.names[i]) {
      field.set(i);
      return;
    }
    known += (known.empty() ? "" : ", ") + field.names[i];
  }
  refuse(name, "one of " + known, value);
}

void set_scalar(const std::string& name, const RangeField& field, nb::handle value) {
  const std::string expected = str("a number from ", field.low, " to ", field.high, " or a pair (low, high) of them");
  nb::object low, high;
  if (nb::isinstance<nb::dict>(value)) {
    const nb::dict named = nb::borrow<nb::dict>(value);
    if (nb::len(named) != 2 || !named.contains("low") || !named.contains("high")) {
      refuse(name, expected, value);
    }
    low = named["low"];
    high = named["high"];
  } else if (nb::isinstance<nb::tuple>(value) || nb::isinstance<nb::list>(value)) {
    if (nb::len(value) != 2) {
      refuse(name, expected, value);
    }
    low = value[0];
    high = value[1];
  } else {
    low = high = nb::borrow(value);
  }
  const Range range(to_double(name, low, expected.c_str()), to_double(name, high, expected.c_str()));
  if (!(range.low >= field.low && range.low <= range.high && range.high <= field.high)) {
    refuse(name, expected, value);
  }
  *field.value = range;
}

void set_field(const Field& field, nb::handle value) {
  if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
    std::visit([&](const auto& target) { set_scalar(field.name, target, value); }, *scalar);
    return;
  }
  const auto* list = std::get_if<ListField>(&field.value);
  REVERIE_CHECK(list != nullptr, ==, true);  // no game has sections
  if (list->is_schedule()) {
    list->resize(1);
    std::visit([&](const auto& target) { set_scalar(field.name, target, value); }, list->at(0));
    return;
  }
  const bool sequence = PySequence_Check(value.ptr()) == 1 && !nb::isinstance<nb::str>(value);
  const std::size_t size = sequence ? nb::len(value) : 0;
  if (!sequence || size < list->min_size || size > list->max_size) {
    refuse(field.name, list->min_size == list->max_size ? str(list->min_size, " values") : std::string("a list"),
           value);
  }
  list->resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    const nb::object element = value[i];
    std::visit([&](const auto& target) { set_scalar(str(field.name, "[", i, "]"), target, element); }, list->at(i));
  }
}

template <typename Number>
nb::object get_scalar(const NumberField<Number>& field) {
  return nb::cast(*field.value);
}
nb::object get_scalar(const bool* field) {
  return nb::cast(*field);
}
nb::object get_scalar(const std::string* field) {
  return nb::cast(*field);
}
nb::object get_scalar(const ChoiceField& field) {
  return nb::cast(field.names[field.get()]);
}
nb::object get_scalar(const RangeField& field) {
  const Range& range = *field.value;
  return range.is_random() ? nb::object(nb::make_tuple(range.low, range.high)) : nb::cast(range.low);
}

nb::object get_at(const ListField& list, std::size_t i) {
  return std::visit([](const auto& target) { return get_scalar(target); }, list.at(i));
}

// Of a list: of its first element.
std::optional<Scalar> scalar_of(const Field& field) {
  if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
    return *scalar;
  }
  const auto* list = std::get_if<ListField>(&field.value);
  return list != nullptr && list->size() > 0 ? std::optional(list->at(0)) : std::nullopt;
}

}  // namespace

void set_fields(const std::vector<Field>& table, const nb::dict& values, const char* what) {
  for (const auto [key, value] : values) {
    const std::string name = nb::isinstance<nb::str>(key) ? nb::cast<std::string>(key) : nb::repr(key).c_str();
    std::string known;
    const Field* found = nullptr;
    for (const Field& field : table) {
      found = field.name == name ? &field : found;
      known += (known.empty() ? "" : ", ") + field.name;
    }
    if (found == nullptr) {
      throw Error(ErrorKind::config, str("unknown ", what, " '", name, "' (known: ", known, ")"));
    }
    set_field(*found, value);
  }
  check_fields(table);
}

nb::dict get_fields(const std::vector<Field>& table) {
  nb::dict values;
  for (const Field& field : table) {
    if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
      values[field.name.c_str()] = std::visit([](const auto& target) { return get_scalar(target); }, *scalar);
      continue;
    }
    const ListField& list = std::get<ListField>(field.value);
    if (list.is_schedule()) {
      values[field.name.c_str()] = get_at(list, 0);
      continue;
    }
    nb::list elements;
    for (std::size_t i = 0; i < list.size(); ++i) {
      elements.append(get_at(list, i));
    }
    values[field.name.c_str()] = elements;
  }
  return values;
}

std::vector<Field> factors_of(const std::vector<Field>& table) {
  std::vector<Field> factors;
  for (const Field& field : table) {
    const std::optional<Scalar> scalar = scalar_of(field);
    if (scalar && (std::holds_alternative<RangeField>(*scalar) || std::holds_alternative<ChoiceField>(*scalar))) {
      factors.push_back(field);
    }
  }
  return factors;
}

std::pair<double, double> limits_of(const Field& field) {
  const std::optional<Scalar> scalar = scalar_of(field);
  const auto* range = scalar ? std::get_if<RangeField>(&*scalar) : nullptr;
  return range != nullptr ? std::pair(range->low, range->high) : std::pair(0.0, 0.0);
}

}  // namespace reverie
