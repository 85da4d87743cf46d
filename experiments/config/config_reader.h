// Strict reading of YAML into config structs: what is not understood exactly is refused, with file, line and column.
//
// Keys that are missing keep the struct's default. Unknown or doubled keys, anchors, aliases, tags, a second document,
// numbers that are not finite and decimal (010 is 10), and truths other than `true` and `false` are errors of kind
// config.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "env/fields.h"

namespace reverie {

// name: what messages call the text. overrides: "section.key=value" each, the value written as in YAML. check: of the
// values, once all are read.
void read_fields(const std::string& name, const std::string& text, std::span<const std::string> overrides,
                 const std::vector<Field>& table, const std::function<void()>& check);

template <typename Config>
Config parse_config(const std::string& name, const std::string& text, std::span<const std::string> overrides = {}) {
  Config config;
  read_fields(name, text, overrides, fields(config), [&config] { check_config(config); });
  return config;
}

std::string read_config_text(const std::filesystem::path& file);  // at most 1 MiB

template <typename Config>
Config read_config(const std::filesystem::path& file, std::span<const std::string> overrides = {}) {
  return parse_config<Config>(file.string(), read_config_text(file), overrides);
}

}  // namespace reverie
