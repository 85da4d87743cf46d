#include "experiments/config/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "env/error.h"
#include "env/number_text.h"

namespace reverie {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxDepth = 16;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::config, str(where, ": ", what));
}

struct Place {
  const std::string& name;
  bool with_position;

  std::string at(int line, int column) const {
    return with_position && line > 0 ? str(name, ":", line, ":", column) : name;
  }
  std::string at(const YAML::Mark& mark) const { return at(mark.line + 1, mark.column + 1); }
};

// Bytes in the UTF-8 sequence at `text`, 0 if it is not one (overlong forms and surrogates are not).
std::size_t utf8_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t k) -> unsigned {
    return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0u;
  };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool outside = (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
  return overlong || outside ? 0 : length;
}

void check_bytes(const std::string& text, const Place& place) {
  int line = 1, column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[at]);
    if (c == '\t') {
      fail(place.at(line, column), "expected spaces, found a tab");
    }
    const bool line_end = c == '\n' || (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
    const std::size_t length = utf8_length(text, at);
    if (length == 0 || c == 0x7f || (c < 0x20 && !line_end)) {
      fail(place.at(line, column), str("expected UTF-8 text, found byte ", int{c}));
    }
    at += length;
    line += c == '\n' ? 1 : 0;
    column = c == '\n' ? 1 : column + 1;
  }
}

bool is_key(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Builds the tree from yaml-cpp's events: its own tree drops doubled keys and forgets anchors.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Place& place) : place_(place) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    fail(place_.at(mark), "anchors (&) are not allowed");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(place_.at(mark), "aliases (*) are not allowed");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(node(mark, "?", anchor, YamlNode::Kind::nothing));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlNode scalar = node(mark, tag, anchor, YamlNode::Kind::scalar);
    scalar.text = text;
    scalar.quoted = tag == "!";
    add(std::move(scalar));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(node(mark, tag, anchor, YamlNode::Kind::list));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(node(mark, tag, anchor, YamlNode::Kind::mapping));
  }
  void OnMapEnd() override { close(); }

 private:
  YamlNode node(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) const {
    const std::string where = place_.at(mark);
    if (anchor != 0) {
      fail(where, "anchors (&) are not allowed");
    }
    if (tag != "?" && tag != "!" && !tag.empty()) {
      fail(where, str("tags are not allowed, found '", tag, "'"));
    }
    YamlNode result;
    result.kind = kind;
    result.where = where;
    return result;
  }

  void open(YamlNode container) {
    if (open_.size() == kMaxDepth) {
      fail(container.where, str("expected at most ", kMaxDepth, " levels of nesting"));
    }
    open_.push_back(std::move(container));
  }

  void close() {
    YamlNode container = std::move(open_.back());
    open_.pop_back();
    add(std::move(container));
  }

  void add(YamlNode child) {
    if (open_.empty()) {
      root_ = std::move(child);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_value = parent.keys.size() > parent.items.size();
    if (is_value && child.kind == YamlNode::Kind::nothing) {
      child.where = parent.keys.back().where;  // yaml-cpp places what is not there on a later line
    }
    if (parent.kind == YamlNode::Kind::list || is_value) {
      parent.items.push_back(std::move(child));
      return;
    }
    if (child.kind != YamlNode::Kind::scalar || !is_key(child.text)) {
      fail(child.where, str("expected a key of letters, digits, _ and -, found ", describe(child)));
    }
    for (const YamlNode& key : parent.keys) {
      if (key.text == child.text) {
        fail(child.where, str("key '", child.text, "' is given twice, first at ", key.where));
      }
    }
    parent.keys.push_back(std::move(child));
  }

  const Place& place_;
  YamlNode root_;
  std::vector<YamlNode> open_;  // the containers around the current event, outermost first
};

}  // namespace

YamlNode* YamlNode::find(const std::string& key) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) {
      return &items[i];
    }
  }
  return nullptr;
}

YamlNode parse_yaml(const std::string& name, const std::string& marked, bool with_position) {
  const Place place{name, with_position};
  if (marked.size() > kMaxBytes) {
    fail(name, str("expected at most ", kMaxBytes, " bytes, found ", marked.size()));
  }
  const std::string text(without_byte_order_mark(marked));
  check_bytes(text, place);
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    TreeBuilder tree(place);
    parser.HandleNextDocument(tree);
    TreeBuilder second(place);
    if (parser.HandleNextDocument(second)) {
      const std::string where = second.take().where;
      fail(where.empty() ? name : where, "expected one YAML document, found a second");
    }
    return tree.take();
  } catch (const YAML::Exception& error) {
    fail(error.mark.is_null() ? name : place.at(error.mark), str("not YAML: ", error.msg));
  }
}

std::string describe(const YamlNode& node) {
  constexpr std::size_t kMaxShown = 60;
  switch (node.kind) {
    case YamlNode::Kind::nothing:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a mapping";
    case YamlNode::Kind::scalar:
      break;
  }
  std::string shown = node.text.substr(0, kMaxShown) + (node.text.size() > kMaxShown ? "..." : "");
  std::replace(shown.begin(), shown.end(), '\n', ' ');
  return node.quoted ? "\"" + shown + "\"" : "'" + shown + "'";
}

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

}  // namespace reverie
