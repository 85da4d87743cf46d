// config: explains the keys, prints a config, and compares two. All of it comes from the tables of fields.
#include <algorithm>
#include <iostream>
#include <map>

#include "env/error.h"
#include "experiments/app/commands.h"
#include "experiments/config/config_writer.h"
#include "experiments/run/run_directory.h"

namespace reverie {
namespace {

constexpr std::size_t kWidth = 110;  // columns of the help
constexpr std::size_t kHelpColumn = 36;

// One config of each game and each world model, with all else as by default.
std::vector<ExperimentConfig> every_kind() {
  std::vector<ExperimentConfig> configs;
  for (const GameEntry& entry : games()) {
    configs.emplace_back().game.name = entry.name;
  }
  for (const std::string& kind : model_kinds()) {
    ExperimentConfig& config = configs.emplace_back();
    config.model.kind = kind;
    config.model.config = make_model_config(kind);
  }
  return configs;
}

// A key with its default, then its help in a column of its own.
std::string help_of(const Field& field) {
  const std::string values = describe_values(field);
  std::string line = str("  ", field.name, " = ", print_value(field)), text;
  std::string words = field.help + (values.empty() ? "" : " (" + values + ")");
  while (!words.empty()) {
    std::size_t end = words.size();
    if (end > kWidth - kHelpColumn) {
      const std::size_t space = words.rfind(' ', kWidth - kHelpColumn);
      end = space == std::string::npos ? std::min(words.find(' '), words.size()) : space;
    }
    if (line.size() + 1 > kHelpColumn) {  // a long key has a line of its own
      text += line + "\n";
      line.clear();
    }
    line.resize(kHelpColumn, ' ');
    text += line + words.substr(0, end) + "\n";
    line.clear();
    words.erase(0, end + 1);
  }
  return text;
}

struct HelpSection {
  std::string path, what, keys;
};

// Adds the section `path` and those in it, where they are not there yet.
void add_sections(std::vector<HelpSection>& sections, const std::string& path, const std::string& what,
                  const std::vector<Field>& table) {
  std::string keys;
  std::vector<std::vector<Field>> groups = {table};  // the table and what counts as part of it
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const std::vector<Field> fields_of_group = groups[group];
    for (const Field& field : fields_of_group) {
      const auto* section = std::get_if<SectionField>(&field.value);
      if (section == nullptr) {
        keys += help_of(field);
      } else if (field.name.empty()) {
        groups.push_back(section->fields());
      }
    }
  }
  const auto known = [&](const HelpSection& section) { return section.path == path; };
  if (std::none_of(sections.begin(), sections.end(), known)) {
    // A section that only another game or world model has is put beside those with the same parent.
    const std::string parent = path.substr(0, path.rfind('.') + 1);
    const auto like = std::find_if(sections.rbegin(), sections.rend(), [&parent](const HelpSection& section) {
      return !parent.empty() && section.path.starts_with(parent);
    });
    sections.insert(like == sections.rend() ? sections.end() : like.base(), {path, what, keys});
  }
  for (const std::vector<Field>& group : groups) {
    for (const Field& field : group) {
      if (const auto* section = std::get_if<SectionField>(&field.value); section != nullptr && !field.name.empty()) {
        add_sections(sections, (path.empty() ? "" : path + ".") + field.name, field.help, section->fields());
      }
    }
  }
}

void print_help(const std::string& wanted) {
  std::vector<HelpSection> sections;
  for (ExperimentConfig& config : every_kind()) {
    add_sections(sections, "", "", fields(config));
  }
  if (wanted.empty()) {
    std::cout << "A config is YAML; a key that it does not have keeps its default.\n\n"
              << sections.front().keys << "\nSections (reverie config --help SECTION):\n";
    for (const HelpSection& section : sections) {
      if (!section.path.empty()) {
        std::string line = "  " + section.path;
        line.resize(std::max(line.size() + 1, kHelpColumn), ' ');
        std::cout << line << section.what << "\n";
      }
    }
    std::cout << "\nreverie config --defaults             prints a config with every key at its default, explained\n"
                 "reverie config CONFIG|RUN             prints a config with the defaults filled in\n"
                 "reverie config CONFIG|RUN --diff RUN  prints what differs\n";
    return;
  }
  bool found = false;
  for (const HelpSection& section : sections) {
    if (section.path == wanted || section.path.starts_with(wanted + ".") || section.path.ends_with("." + wanted)) {
      std::cout << (found ? "\n" : "") << section.path << ": " << section.what << "\n" << section.keys;
      found = true;
    }
  }
  if (!found) {
    std::string known;
    for (const HelpSection& section : sections) {
      known += (known.empty() || section.path.empty() ? "" : ", ") + section.path;
    }
    throw Error(ErrorKind::usage, str("--help: no section '", wanted, "' (known: ", known, ")"));
  }
}

// Of a config file or of a run's folder.
std::filesystem::path config_of(const std::filesystem::path& target) {
  return std::filesystem::is_directory(target) ? RunDirectory::open(target).config() : target;
}

std::map<std::string, std::string> keys_of(const ExperimentConfig& config) {
  return flat_config("config", print_config(config));
}

void print_difference(const ConfigOptions& options) {
  const ExperimentConfig other = read_experiment(config_of(options.diff));
  const ExperimentConfig mine =
      options.target.empty() ? defaults_of(other) : read_experiment(config_of(options.target), options.overrides);
  const auto before = keys_of(mine), now = keys_of(other);
  std::map<std::string, std::pair<std::string, std::string>> keys;
  for (const auto& [key, value] : before) {
    keys[key] = {value, "not there"};
  }
  for (const auto& [key, value] : now) {
    keys.try_emplace(key, "not there", "").first->second.second = value;
  }
  for (const auto& [key, values] : keys) {
    if (values.first != values.second) {
      std::cout << key << ": " << values.first << " -> " << values.second << "\n";
    }
  }
}

}  // namespace

void config(const ConfigOptions& options) {
  if (options.help) {
    print_help(options.section);
  } else if (!options.diff.empty()) {
    print_difference(options);
  } else if (options.defaults) {
    std::cout << print_config(ExperimentConfig(), Explained::yes);
  } else if (!options.target.empty()) {
    std::cout << print_config(read_experiment(config_of(options.target), options.overrides));
  } else {
    throw Error(ErrorKind::usage, "config: expected a config file or a run's folder, --defaults, --diff or --help");
  }
}

}  // namespace reverie
