#include "experiments/config/config_reader.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <system_error>
#include <type_traits>

#include "env/atomic_file.h"
#include "env/error.h"
#include "env/number_text.h"
#include "experiments/config/yaml_node.h"

namespace reverie {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::config, str(where, ": ", what));
}

std::string join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) {
    joined += (joined.empty() ? "" : ", ") + word;
  }
  return joined;
}

// Reading: each returns what was expected where `node` is not it, and nothing where all is well.

template <typename Number>
std::string read_scalar(const YamlNode& node, Number* value) {
  constexpr bool kWhole = std::is_integral_v<Number>;
  const NumberText found = node.quoted ? NumberText::not_a_number : read_number(node.text, *value);
  if (found == NumberText::not_a_number) {
    return kWhole ? "a whole number in decimal digits" : "a number like 3, 0.5 or 1e-4";
  }
  if (found == NumberText::good) {
    return "";
  }
  return kWhole ? str("a whole number from ", std::numeric_limits<Number>::min(), " to ",
                      std::numeric_limits<Number>::max())
                : str("a number that fits a ", sizeof(Number) * 8, "-bit float");
}

std::string read_scalar(const YamlNode& node, bool* value) {
  *value = node.text == "true";
  return !node.quoted && (node.text == "true" || node.text == "false") ? "" : "true or false";
}

std::string read_scalar(const YamlNode& node, std::string* value) {
  *value = node.text;
  return node.quoted || !(is_special_word(node.text) || is_decimal(node.text))
             ? ""
             : "text, in quotes where it reads as something else";
}

std::string read_scalar(const YamlNode& node, const ChoiceField& choice) {
  const auto name = std::find(choice.names.begin(), choice.names.end(), node.text);
  if (name == choice.names.end()) {
    return "one of " + join(choice.names);
  }
  choice.set(static_cast<std::size_t>(name - choice.names.begin()));
  return "";
}

template <typename Number>
std::string read_scalar(const YamlNode& node, const NumberField<Number>& number) {
  return read_scalar(node, number.value);
}

std::string read_scalar(const YamlNode& node, const RangeField& range) {
  constexpr const char* kExpected = "a number like 3, 0.5 or 1e-4, or a range {low: 0.5, high: 2}";
  if (node.kind != YamlNode::Kind::mapping) {
    const std::string expected = read_scalar(node, &range.value->low);
    range.value->high = range.value->low;
    return expected.empty() ? "" : kExpected;
  }
  const YamlNode *low = node.find("low"), *high = node.find("high");
  const bool fits = node.keys.size() == 2 && low != nullptr && high != nullptr;
  return fits && read_scalar(*low, &range.value->low).empty() && read_scalar(*high, &range.value->high).empty()
             ? ""
             : kExpected;
}

void read_scalar_at(const YamlNode& node, const std::string& key, const Scalar& value) {
  // A list, a mapping or nothing at all is the wrong kind of scalar too: reading the empty text says what is expected.
  YamlNode nothing;
  nothing.quoted = std::holds_alternative<bool*>(value);
  const bool fits = node.kind == YamlNode::Kind::scalar ||
                    (node.kind == YamlNode::Kind::mapping && std::holds_alternative<RangeField>(value));
  const YamlNode& scalar = fits ? node : nothing;
  const std::string expected = std::visit([&scalar](const auto& target) { return read_scalar(scalar, target); }, value);
  if (!expected.empty()) {
    fail(node.where, str(key, ": expected ", expected, ", found ", describe(node)));
  }
}

void read_list_at(const YamlNode& node, const std::string& key, const ListField& list) {
  if (list.is_schedule() && node.kind != YamlNode::Kind::list) {  // one value for all iterations
    list.resize(1);
    const Scalar value = list.at(0);
    if (node.kind == YamlNode::Kind::scalar || std::holds_alternative<RangeField>(value)) {
      read_scalar_at(node, key, value);
      return;
    }
  }
  if (node.kind != YamlNode::Kind::list) {
    fail(node.where, str(key, ": expected a ", list.is_schedule() ? "value or a " : "", "list like [a, b], found ",
                         describe(node)));
  }
  list.resize(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    read_scalar_at(node.items[i], str(key, "[", i, "]"), list.at(i));
  }
}

// Single-character edits from one word to the other.
std::size_t edit_distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string suggestion(const std::string& key, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t best = std::max<std::size_t>(2, key.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(key, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? "" : "; did you mean " + *nearest + "?";
}

void override_with(YamlNode& root, const std::string& assignment) {
  const std::string where = "command line: " + assignment;
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    fail(where, "expected key=value");
  }
  YamlNode value = parse_yaml(where, assignment.substr(equals + 1), false);
  // A range is a value too; another mapping would be a section, whose keys have names of their own.
  const bool range = value.keys.size() == 2 && value.find("low") != nullptr && value.find("high") != nullptr;
  if (value.kind == YamlNode::Kind::mapping && !range) {
    fail(where, "expected a value or a list, found a mapping");
  }
  value.where = where;
  std::string path = assignment.substr(0, equals);
  YamlNode* node = &root;
  while (true) {
    const std::size_t dot = path.find('.');
    const std::string key = path.substr(0, dot);
    YamlNode* child = node->find(key);
    const bool last = dot == std::string::npos;
    if (child == nullptr) {
      YamlNode key_node;
      key_node.kind = YamlNode::Kind::scalar;
      key_node.text = key;
      key_node.where = where;
      node->keys.push_back(key_node);
      node->items.push_back({});
      child = &node->items.back();
      child->kind = YamlNode::Kind::mapping;
      child->where = where;
    } else if (last && child->where.starts_with("command line: ")) {
      fail(where, "given twice, first in " + child->where);
    } else if (!last && child->kind != YamlNode::Kind::mapping) {
      fail(where, str("'", key, "' is not a section: found ", describe(*child), " at ", child->where));
    }
    if (last) {
      *child = std::move(value);
      return;
    }
    node = child;
    path = path.substr(dot + 1);
  }
}

// Reads one section, and by calling itself those in it.
class SectionReader {
 public:
  // name: what messages call the file. node: null where the file lacks the section. prefix: "" or "dream."
  SectionReader(const std::string& name, const YamlNode* node, std::string prefix)
      : name_(name), node_(node), prefix_(std::move(prefix)) {}

  // check: of the values, once all are read.
  void read(const std::vector<Field>& table, const std::function<void()>& check) {
    read_fields(table);
    refuse_unknown_keys();  // a misspelt key explains a wrong default better than the range of that default
    try {
      check();
    } catch (const Error& error) {
      throw located(error);
    }
  }

 private:
  void read_fields(const std::vector<Field>& table) {
    for (const Field& field : table) {
      const auto* section = std::get_if<SectionField>(&field.value);
      if (section != nullptr && field.name.empty()) {
        read_fields(section->fields());
        continue;
      }
      REVERIE_CHECK(std::count(known_.begin(), known_.end(), field.name), ==, 0);
      known_.push_back(field.name);
      const YamlNode* node = node_ == nullptr ? nullptr : node_->find(field.name);
      const std::string key = prefix_ + field.name;
      if (section != nullptr) {
        if (node != nullptr && node->kind != YamlNode::Kind::mapping) {
          fail(node->where, str(key, ": expected a mapping of keys to values, found ", describe(*node)));
        }
        SectionReader(name_, node, key + ".").read(section->fields(), section->check);
      } else if (node != nullptr) {
        if (const Scalar* scalar = std::get_if<Scalar>(&field.value)) {
          read_scalar_at(*node, key, *scalar);
        } else {
          read_list_at(*node, key, std::get<ListField>(field.value));
        }
      }
    }
  }

  void refuse_unknown_keys() const {
    if (node_ == nullptr) {
      return;
    }
    for (const YamlNode& key : node_->keys) {
      if (std::find(known_.begin(), known_.end(), key.text) == known_.end()) {
        fail(key.where,
             str("unknown key '", prefix_, key.text, "' (known: ", join(known_), suggestion(key.text, known_), ")"));
      }
    }
  }

  // A check says "horizon: expected 1 to 512, found 0" or "starts.first_share: ...": where that stands is added.
  Error located(const Error& error) const {
    const std::string message = error.what();
    const std::string key = message.substr(0, message.find_first_of(":[ ,"));
    const YamlNode* node = node_;
    for (std::size_t begin = 0; node != nullptr && node->kind == YamlNode::Kind::mapping && begin <= key.size();) {
      const std::size_t end = std::min(key.find('.', begin), key.size());
      node = node->find(key.substr(begin, end - begin));
      begin = end + 1;
    }
    return Error(error.kind(), str(node == nullptr ? name_ : node->where, ": ", prefix_, message));
  }

  const std::string& name_;
  const YamlNode* node_;
  std::string prefix_;
  std::vector<std::string> known_;
};

}  // namespace

void read_fields(const std::string& name, const std::string& text, std::span<const std::string> overrides,
                 const std::vector<Field>& table, const std::function<void()>& check) {
  YamlNode root = parse_yaml(name, text);
  if (root.kind != YamlNode::Kind::mapping) {
    fail(root.where.empty() ? name : root.where, "expected a mapping of keys to values, found " + describe(root));
  }
  for (const std::string& assignment : overrides) {
    override_with(root, assignment);
  }
  SectionReader(name, &root, "").read(table, check);
}

std::string read_config_text(const std::filesystem::path& file) {
  try {
    return read_file(file, std::uintmax_t{1} << 20);
  } catch (const Error& error) {
    throw Error(ErrorKind::config, error.what());
  }
}

}  // namespace reverie
