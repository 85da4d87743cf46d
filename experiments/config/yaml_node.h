// A YAML document as a plain tree that remembers where everything stood.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace reverie {

struct YamlNode {
  enum class Kind { nothing, scalar, list, mapping };

  Kind kind = Kind::nothing;
  std::string where;            // "configs/smoke.yaml:12:3" or "command line: dream.horizon=3"
  std::string text;             // of a scalar
  bool quoted = false;          // of a scalar
  std::vector<YamlNode> items;  // of a list; of a mapping, the values
  std::vector<YamlNode> keys;   // of a mapping, scalars

  YamlNode* find(const std::string& key);  // null where a mapping does not have the key
  const YamlNode* find(const std::string& key) const { return const_cast<YamlNode*>(this)->find(key); }
};

// The only document of `text`; a byte-order mark before it is skipped. Refused, as Error of kind config: more than 1
// MiB, bytes that are not UTF-8 text, anchors, aliases, tags, merge keys, keys that are not plain words, doubled keys,
// more than one document, nesting beyond 16. name: what messages call the text. With `with_position` they add line and
// column.
YamlNode parse_yaml(const std::string& name, const std::string& text, bool with_position = true);

// Words that YAML reads as something other than text, in any of its versions: "yes", "null", "".
bool is_special_word(const std::string& text);

// "a mapping", "'abc'", "nothing": for messages.
std::string describe(const YamlNode& node);

}  // namespace reverie
