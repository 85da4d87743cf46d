#include "experiments/config/config_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <type_traits>

#include "env/atomic_file.h"
#include "env/error.h"

namespace reverie {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::config, str(where, ": ", what));
}

bool all_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// -?(0|[1-9][0-9]*)
bool is_integer(const std::string& text) {
  const std::string digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  return all_digits(digits) && (digits.size() == 1 || digits[0] != '0') && text != "-0";
}

// A decimal integer, then optionally a fraction, then optionally an exponent.
bool is_decimal(const std::string& text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const auto skip_digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      ++at;
    }
    return at - start;
  };
  const bool leading_zero = at < text.size() && text[at] == '0';
  const std::size_t digits = skip_digits();
  if (digits == 0 || (leading_zero && digits > 1)) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (skip_digits() == 0) {
      return false;
    }
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1 : 0;
    if (skip_digits() == 0) {
      return false;
    }
  }
  return at == text.size();
}

// Words that YAML reads as something other than text, in any of its versions.
bool is_special_word(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* word : {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == word) {
      return true;
    }
  }
  return false;
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
bool read_number(const YamlNode& node, Number& value) {
  Number parsed{};
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, parsed);
  if (error != std::errc{} || stop != end) {
    return false;
  }
  value = parsed;
  return true;
}

template <typename Number>
std::string read_scalar(const YamlNode& node, Number* value) {
  if constexpr (std::is_integral_v<Number>) {
    if (node.quoted || !is_integer(node.text)) {
      return "a whole number in decimal digits";
    }
    return read_number(node, *value) ? ""
                                     : str("a whole number from ", std::numeric_limits<Number>::min(), " to ",
                                           std::numeric_limits<Number>::max());
  } else {
    if (node.quoted || !is_decimal(node.text)) {
      return "a number like 3, 0.5 or 1e-4";
    }
    return read_number(node, *value) ? "" : str("a number that fits a ", sizeof(Number) * 8, "-bit float");
  }
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

std::string read_scalar(const YamlNode& node, ConfigChoice* choice) {
  const auto name = std::find(choice->names.begin(), choice->names.end(), node.text);
  if (name == choice->names.end()) {
    return "one of " + join(choice->names);
  }
  choice->index = static_cast<std::size_t>(name - choice->names.begin());
  return "";
}

void read_scalar_at(const YamlNode& node, const std::string& key, ConfigScalar value) {
  // A list, a mapping or nothing at all is the wrong kind of scalar too: reading the empty text says what is expected.
  YamlNode nothing;
  nothing.quoted = std::holds_alternative<bool*>(value);
  const YamlNode& scalar = node.kind == YamlNode::Kind::scalar ? node : nothing;
  const std::string expected = std::visit([&scalar](auto* target) { return read_scalar(scalar, target); }, value);
  if (!expected.empty()) {
    fail(node.where, str(key, ": expected ", expected, ", found ", describe(node)));
  }
}

// Writing.

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
std::string print_scalar(const Number* value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, *value);  // the shortest text that reads back equal
  return std::string(buffer, result.ptr);
}
std::string print_scalar(const bool* value) {
  return *value ? "true" : "false";
}
std::string print_scalar(const std::string* value) {
  return print_text(*value);
}
std::string print_scalar(const ConfigChoice* choice) {
  REVERIE_CHECK(choice->index, <, choice->names.size());
  return print_text(choice->names[choice->index]);
}

std::string print(ConfigScalar value) {
  return std::visit([](const auto* target) { return print_scalar(target); }, value);
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

}  // namespace

ConfigReader::ConfigReader(const std::string& name, const std::string& text, std::span<const std::string> overrides)
    : name_(name), root_(parse_yaml(name, text)) {
  if (root_.kind != YamlNode::Kind::mapping) {
    fail(root_.where.empty() ? name : root_.where, "expected a mapping of keys to values, found " + describe(root_));
  }
  for (const std::string& assignment : overrides) {
    override_with(assignment);
  }
  sections_.push_back({&root_, "", {}});
}

void ConfigReader::override_with(const std::string& assignment) {
  const std::string where = "command line: " + assignment;
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    fail(where, "expected key=value");
  }
  YamlNode value = parse_yaml(where, assignment.substr(equals + 1), false);
  if (value.kind == YamlNode::Kind::mapping) {
    fail(where, "expected a value or a list, found a mapping");
  }
  value.where = where;
  std::string path = assignment.substr(0, equals);
  YamlNode* node = &root_;
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

const YamlNode* ConfigReader::find(const std::string& name) {
  Section& section = sections_.back();
  REVERIE_CHECK(std::count(section.known.begin(), section.known.end(), name), ==, 0);
  section.known.push_back(name);
  return section.node == nullptr ? nullptr : section.node->find(name);
}

void ConfigReader::scalar(const std::string& name, ConfigScalar value) {
  if (const YamlNode* node = find(name)) {
    read_scalar_at(*node, sections_.back().prefix + name, value);
  }
}

std::size_t ConfigReader::begin_list(const std::string& name, std::size_t size) {
  list_ = find(name);
  list_key_ = sections_.back().prefix + name;
  next_element_ = 0;
  if (list_ == nullptr) {
    return size;
  }
  if (list_->kind != YamlNode::Kind::list) {
    fail(list_->where, str(list_key_, ": expected a list like [a, b], found ", describe(*list_)));
  }
  return list_->items.size();
}

void ConfigReader::element(ConfigScalar value) {
  if (list_ != nullptr) {
    const std::size_t index = next_element_++;
    read_scalar_at(list_->items[index], str(list_key_, "[", index, "]"), value);
  }
}

void ConfigReader::end_list() {
  list_ = nullptr;
}

void ConfigReader::begin_section(const std::string& name) {
  const YamlNode* node = find(name);
  const std::string key = sections_.back().prefix + name;
  if (node != nullptr && node->kind != YamlNode::Kind::mapping) {
    fail(node->where, str(key, ": expected a mapping of keys to values, found ", describe(*node)));
  }
  sections_.push_back({node, key + ".", {}});
}

void ConfigReader::end_section() {
  finish();
  sections_.pop_back();
}

void ConfigReader::finish() {
  const Section& section = sections_.back();
  if (section.node == nullptr) {
    return;
  }
  for (const YamlNode& key : section.node->keys) {
    if (std::find(section.known.begin(), section.known.end(), key.text) == section.known.end()) {
      fail(key.where, str("unknown key '", section.prefix, key.text, "' (known: ", join(section.known),
                          suggestion(key.text, section.known), ")"));
    }
  }
}

// A validate() says "horizon: expected 1 to 512, found 0", with or without "dream." before it; add where that stands.
void ConfigReader::check(const std::function<void()>& validate) {
  finish();  // a misspelt key explains a wrong default better
  try {
    validate();
  } catch (const Error& error) {
    const Section& section = sections_.back();
    std::string message = error.what();
    if (message.rfind(section.prefix, 0) == 0) {
      message.erase(0, section.prefix.size());
    }
    const YamlNode* node = section.node;
    if (node != nullptr) {
      node = node->find(message.substr(0, message.find(':')));
    }
    throw Error(error.kind(), str(node == nullptr ? name_ : node->where, ": ", section.prefix, message));
  }
}

void ConfigWriter::write(const std::string& name, const std::string& value) {
  text_ += std::string(2 * section_starts_.size(), ' ') + name + ": " + value + "\n";
}

void ConfigWriter::scalar(const std::string& name, ConfigScalar value) {
  write(name, print(value));
}

std::size_t ConfigWriter::begin_list(const std::string& name, std::size_t size) {
  list_name_ = name;
  list_text_.clear();
  return size;
}

void ConfigWriter::element(ConfigScalar value) {
  list_text_ += (list_text_.empty() ? "" : ", ") + print(value);
}

void ConfigWriter::end_list() {
  write(list_name_, "[" + list_text_ + "]");
}

void ConfigWriter::begin_section(const std::string& name) {
  text_ += std::string(2 * section_starts_.size(), ' ') + name + ":\n";
  section_starts_.push_back(text_.size());
}

void ConfigWriter::end_section() {
  if (text_.size() == section_starts_.back()) {
    text_.insert(text_.size() - 1, " {}");  // a bare "name:" would read as nothing
  }
  section_starts_.pop_back();
}

std::string read_config_text(const std::filesystem::path& file) {
  try {
    return read_file(file, std::uintmax_t{1} << 20);
  } catch (const Error& error) {
    throw Error(ErrorKind::config, error.what());
  }
}

}  // namespace reverie
