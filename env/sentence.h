// Sentences about moments of a game, made by rules from what holds there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "env/attribute.h"
#include "env/random.h"

namespace reverie {

// What a sentence says: a value of each attribute, or kUnsaid.
using Saying = std::vector<int>;
inline constexpr int kUnsaid = -1;

// Of each attribute the value that holds.
Saying values_of(const std::vector<GameAttribute>& attributes, std::span<const float> truth);

// Whether all that it says is so. values: as values_of() gives them.
bool is_true(const Saying& saying, std::span<const int> values);

// A part of what holds: each attribute is left out with a chance of 0.4, but not all of them.
Saying part_of(std::span<const int> values, Rng& rng);

// Which wordings: the last one of a value is kept from training, to see whether a sentence that nobody has heard is
// understood.
enum class Wordings { usual, kept_back };

// In words: a wording of each, in any order, with commas between.
std::string worded(const std::vector<GameAttribute>& attributes, const Saying& saying, Wordings wordings, Rng& rng);
// The plainest wordings, in the attributes' order.
std::string plainly(const std::vector<GameAttribute>& attributes, const Saying& saying);

// The plain sentences about all combinations of values.
std::vector<std::string> plain_sentences(const std::vector<GameAttribute>& attributes);

// What a sentence of wordings with commas between says, in lower or upper case; none where a part is no wording.
std::optional<Saying> understood(const std::vector<GameAttribute>& attributes, const std::string& sentence);

}  // namespace reverie
