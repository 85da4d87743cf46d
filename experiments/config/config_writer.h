// Configs as text: YAML with every key, and what each key means.
#pragma once

#include <string>
#include <vector>

#include "env/fields.h"

namespace reverie {

enum class Explained { no, yes };  // yes: each key is followed by a comment that says what it means

// As YAML; reading it gives the same values, bit for bit.
std::string print_fields(const std::vector<Field>& table, Explained explained = Explained::no);

template <typename Config>
std::string print_config(Config config, Explained explained = Explained::no) {
  return print_fields(fields(config), explained);
}

// A field's value as it stands in YAML: "0.5", "[1, 2]". Not of a section.
std::string print_value(const Field& field);

// What values a field can have: "0 to 1", "true or false", "one of soft, hard", "4 numbers, 1 to 1024". Empty for text.
std::string describe_values(const Field& field);

}  // namespace reverie
