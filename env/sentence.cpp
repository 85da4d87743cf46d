#include "env/sentence.h"

#include <algorithm>
#include <cctype>

#include "env/error.h"

namespace reverie {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Saying values_of(const std::vector<GameAttribute>& attributes, std::span<const float> truth) {
  Saying values;
  for (const GameAttribute& attribute : attributes) {
    const int value = attribute.value(truth);
    REVERIE_CHECK(value, >=, 0);
    REVERIE_CHECK(value, <, attribute.num_values());
    values.push_back(value);
  }
  return values;
}

bool is_true(const Saying& saying, std::span<const int> values) {
  for (std::size_t i = 0; i < saying.size(); ++i) {
    if (saying[i] != kUnsaid && saying[i] != values[i]) {
      return false;
    }
  }
  return true;
}

Saying part_of(std::span<const int> values, Rng& rng) {
  constexpr double kLeftOut = 0.4;
  Saying saying(values.size(), kUnsaid);
  const std::size_t said = static_cast<std::size_t>(rng.below(values.size()));  // this one in any case
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (rng.uniform_double() >= kLeftOut || i == said) {
      saying[i] = values[i];
    }
  }
  return saying;
}

std::string worded(const std::vector<GameAttribute>& attributes, const Saying& saying, Wordings wordings, Rng& rng) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < saying.size(); ++i) {
    if (saying[i] == kUnsaid) {
      continue;
    }
    const std::vector<std::string>& ways = attributes[i].wordings[static_cast<std::size_t>(saying[i])];
    const std::size_t usual = std::max<std::size_t>(1, ways.size() - 1);
    const std::size_t way =
        wordings == Wordings::kept_back ? ways.size() - 1 : static_cast<std::size_t>(rng.below(usual));
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(rng.below(parts.size() + 1)), ways[way]);
  }
  return joined(parts);
}

std::string plainly(const std::vector<GameAttribute>& attributes, const Saying& saying) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < saying.size(); ++i) {
    if (saying[i] != kUnsaid) {
      parts.push_back(attributes[i].wordings[static_cast<std::size_t>(saying[i])].front());
    }
  }
  return joined(parts);
}

std::vector<std::string> plain_sentences(const std::vector<GameAttribute>& attributes) {
  std::vector<std::string> sentences;
  Saying saying(attributes.size(), 0);
  for (bool more = !attributes.empty(); more;) {
    sentences.push_back(plainly(attributes, saying));
    more = false;
    for (std::size_t i = 0; i < saying.size() && !more; ++i) {  // counts on
      more = ++saying[i] < attributes[i].num_values();
      saying[i] = more ? saying[i] : 0;
    }
  }
  return sentences;
}

std::optional<Saying> understood(const std::vector<GameAttribute>& attributes, const std::string& sentence) {
  Saying saying(attributes.size(), kUnsaid);
  for (std::size_t begin = 0; begin <= sentence.size();) {
    const std::size_t end = std::min(sentence.find(',', begin), sentence.size());
    std::string part = lower(sentence.substr(begin, end - begin));
    part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
    part.erase(part.find_last_not_of(' ') + 1);
    begin = end + 1;
    bool known = false;
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      for (int value = 0; value < attributes[i].num_values(); ++value) {
        const std::vector<std::string>& ways = attributes[i].wordings[static_cast<std::size_t>(value)];
        if (std::find(ways.begin(), ways.end(), part) != ways.end()) {
          known = saying[i] == kUnsaid || saying[i] == value;
          saying[i] = value;
        }
      }
    }
    if (!known) {
      return std::nullopt;
    }
  }
  return saying;
}

}  // namespace reverie
