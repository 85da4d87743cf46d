#include "experiments/config/config_writer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "experiments/config/yaml_node.h"

namespace reverie {
namespace {

std::string print_text(const std::string& text) {
  const bool plain = !is_special_word(text) && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
                     std::all_of(text.begin(), text.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
                     });
  if (plain) {
    return text;
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

template <typename Number>
std::string print_number(Number value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);  // the shortest text that reads back equal
  return std::string(buffer, result.ptr);
}

template <typename Number>
std::string print_scalar(const NumberField<Number>& number) {
  return print_number(*number.value);
}
std::string print_scalar(const RangeField& range) {
  const Range& value = *range.value;
  return value.is_random() ? "{low: " + print_number(value.low) + ", high: " + print_number(value.high) + "}"
                           : print_number(value.low);
}
std::string print_scalar(const bool* value) {
  return *value ? "true" : "false";
}
std::string print_scalar(const std::string* value) {
  return print_text(*value);
}
std::string print_scalar(const ChoiceField& choice) {
  const std::size_t index = choice.get();
  REVERIE_CHECK(index, <, choice.names.size());
  return print_text(choice.names[index]);
}

std::string print(const Scalar& scalar) {
  return std::visit([](const auto& value) { return print_scalar(value); }, scalar);
}

template <typename Number>
std::string describe_scalar(const NumberField<Number>& number) {
  return str(number.low, " to ", number.high);
}
std::string describe_scalar(const RangeField& range) {
  return str(range.low, " to ", range.high, " or {low: ..., high: ...}");
}
std::string describe_scalar(const bool*) {
  return "true or false";
}
std::string describe_scalar(const std::string*) {
  return "";
}
std::string describe_scalar(const ChoiceField& choice) {
  std::string names;
  for (const std::string& name : choice.names) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return "one of " + names;
}

std::string describe_elements(const ListField& list) {
  // An empty list has no element to ask: one is made for a moment.
  const std::size_t size = list.size();
  if (size == 0) {
    list.resize(1);
  }
  const std::string described = std::visit([](const auto& value) { return describe_scalar(value); }, list.at(0));
  list.resize(size);
  return described;
}

void print_into(std::string& text, const std::vector<Field>& table, std::size_t indent, Explained explained) {
  for (const Field& field : table) {
    const std::string begin = std::string(indent, ' ') + field.name + ":";
    const std::string comment = explained == Explained::yes && !field.help.empty() ? "  # " + field.help : "";
    const auto* section = std::get_if<SectionField>(&field.value);
    if (section == nullptr) {
      const std::string values = describe_values(field);
      text += begin + " " + print_value(field) + comment +
              (comment.empty() || values.empty() ? "" : " (" + values + ")") + "\n";
      continue;
    }
    const std::vector<Field> inner = section->fields();
    if (field.name.empty()) {
      print_into(text, inner, indent, explained);
    } else if (inner.empty()) {
      text += begin + " {}" + comment + "\n";
    } else {
      text += (explained == Explained::yes && indent == 0 ? "\n" : "") + begin + comment + "\n";
      print_into(text, inner, indent + 2, explained);
    }
  }
}

}  // namespace

std::string print_fields(const std::vector<Field>& table, Explained explained) {
  std::string text;
  print_into(text, table, 0, explained);
  return text;
}

std::string print_value(const Field& field) {
  if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
    return print(*scalar);
  }
  const ListField& list = std::get<ListField>(field.value);
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += (text.empty() ? "" : ", ") + print(list.at(i));
  }
  return "[" + text + "]";
}

std::string describe_values(const Field& field) {
  if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
    return std::visit([](const auto& value) { return describe_scalar(value); }, *scalar);
  }
  const ListField& list = std::get<ListField>(field.value);
  const std::string elements = describe_elements(list);
  if (list.is_schedule()) {
    return "a list for the iterations, each " + elements;
  }
  return list.min_size == list.max_size ? str(list.min_size, " values, each ", elements) : "a list, each " + elements;
}

}  // namespace reverie
