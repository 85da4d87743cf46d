// Strict reading of YAML into config structs: what is not understood exactly is refused, with file, line and column.
//
// Keys that are missing keep the struct's default. Unknown or doubled keys, anchors, aliases, tags, a second document,
// numbers that are not finite, decimal and plain, and truths other than `true` and `false` are errors of kind config.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "experiments/config/config_visitor.h"
#include "experiments/config/yaml_node.h"

namespace reverie {

class ConfigReader : public ConfigVisitor {
 public:
  // `name` is what messages call the file. overrides: "section.key=value" each, the value written as in YAML.
  ConfigReader(const std::string& name, const std::string& text, std::span<const std::string> overrides = {});

  // Throws for keys that nobody read. Sections do so by themselves.
  void finish();

 private:
  struct Section {
    const YamlNode* node;  // null: the file does not have it
    std::string prefix;    // "" or "dream."
    std::vector<std::string> known;
  };

  void scalar(const std::string& name, ConfigScalar value) override;
  std::size_t begin_list(const std::string& name, std::size_t size) override;
  void element(ConfigScalar value) override;
  void end_list() override;
  void begin_section(const std::string& name) override;
  void end_section() override;
  void check(const std::function<void()>& validate) override;

  const YamlNode* find(const std::string& name);
  void override_with(const std::string& assignment);

  std::string name_;
  YamlNode root_;
  std::vector<Section> sections_;

  // The list being read; null where the file does not have it.
  const YamlNode* list_ = nullptr;
  std::string list_key_;
  std::size_t next_element_ = 0;
};

// The config printed as YAML, every key included; reading it gives the same values.
class ConfigWriter : public ConfigVisitor {
 public:
  const std::string& text() const { return text_; }

 private:
  void scalar(const std::string& name, ConfigScalar value) override;
  std::size_t begin_list(const std::string& name, std::size_t size) override;
  void element(ConfigScalar value) override;
  void end_list() override;
  void begin_section(const std::string& name) override;
  void end_section() override;
  void check(const std::function<void()>&) override {}

  void write(const std::string& name, const std::string& value);

  std::string text_;
  std::vector<std::size_t> section_starts_;  // where the contents of each open section begin
  std::string list_name_, list_text_;
};

template <typename Config>
Config parse_config(const std::string& name, const std::string& text, std::span<const std::string> overrides = {}) {
  ConfigReader reader(name, text, overrides);
  Config config;
  reader.contents(config);
  reader.finish();
  return config;
}

std::string read_config_text(const std::filesystem::path& file);  // at most 1 MiB

template <typename Config>
Config read_config(const std::filesystem::path& file, std::span<const std::string> overrides = {}) {
  return parse_config<Config>(file.string(), read_config_text(file), overrides);
}

template <typename Config>
ConfigWriter write_config(Config config) {
  ConfigWriter writer;
  writer.contents(config);
  return writer;
}

}  // namespace reverie
