#include "agent/action_tokens.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "env/error.h"
#include "env/random.h"

namespace reverie {
namespace {

using Pair = std::pair<int, int>;

// `pair` as one token, from the left.
std::vector<int> merged(const std::vector<int>& symbols, const Pair& pair, int token) {
  std::vector<int> result;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const bool is_pair = i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
    result.push_back(is_pair ? token : symbols[i]);
    i += is_pair ? 1 : 0;
  }
  return result;
}

// How often each pair could be merged: of three equal symbols two make a pair, and not four.
std::map<Pair, int> count_pairs(const std::vector<std::vector<int>>& episodes) {
  std::map<Pair, int> counts;
  std::map<Pair, std::size_t> last;  // where the last counted one of each began
  for (const std::vector<int>& symbols : episodes) {
    last.clear();
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Pair pair{symbols[i], symbols[i + 1]};
      const auto before = last.find(pair);
      if (before == last.end() || before->second + 1 < i) {
        ++counts[pair];
        last[pair] = i;
      }
    }
  }
  return counts;
}

double squared_distance(std::span<const float> a, std::span<const float> b, std::span<const double> deviation) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart = (static_cast<double>(a[i]) - static_cast<double>(b[i])) / deviation[i];
    sum += apart * apart;
  }
  return sum;
}

}  // namespace

std::vector<std::vector<int>> ActionTokens::expansions() const {
  std::vector<std::vector<int>> all;
  for (int code = 0; code < num_codes(); ++code) {
    all.push_back({code});
  }
  for (const auto& [left, right] : merges) {
    std::vector<int> both = all[static_cast<std::size_t>(left)];
    const std::vector<int>& more = all[static_cast<std::size_t>(right)];
    both.insert(both.end(), more.begin(), more.end());
    all.push_back(std::move(both));
  }
  return all;
}

void ActionTokens::check(const std::string& where) const {
  if (num_codes() < 1 || codes.size() % static_cast<std::size_t>(action_size) != 0) {
    throw Error(ErrorKind::data, str(where, ": expected codes of ", action_size, " numbers, found ", codes.size()));
  }
  int token = num_codes();
  for (const auto& [left, right] : merges) {
    if (left < 0 || right < 0 || left >= token || right >= token) {
      throw Error(ErrorKind::data, str(where, ": merge ", token - num_codes(), ": expected two tokens below ", token,
                                       ", found ", left, " and ", right));
    }
    ++token;
  }
}

std::vector<Pair> learn_merges(std::vector<std::vector<int>> episodes, int num_codes, const MergeLimits& limits) {
  std::vector<Pair> merges;
  std::vector<int> lengths(static_cast<std::size_t>(num_codes), 1);
  const auto length = [&lengths](const Pair& pair) {
    return lengths[static_cast<std::size_t>(pair.first)] + lengths[static_cast<std::size_t>(pair.second)];
  };
  while (static_cast<int>(merges.size()) < limits.merges) {
    Pair best;
    int most = std::max(limits.min_count, 2) - 1;
    for (const auto& [pair, count] : count_pairs(episodes)) {  // in the pairs' order
      if (count > most && length(pair) <= limits.max_length) {
        most = count;
        best = pair;
      }
    }
    if (most < std::max(limits.min_count, 2)) {
      break;
    }
    const int token = num_codes + static_cast<int>(merges.size());
    lengths.push_back(length(best));
    merges.push_back(best);
    for (std::vector<int>& symbols : episodes) {
      symbols = merged(symbols, best, token);
    }
  }
  return merges;
}

std::vector<int> to_tokens(const ActionTokens& tokens, std::vector<int> codes) {
  for (std::size_t i = 0; i < tokens.merges.size(); ++i) {
    codes = merged(codes, tokens.merges[i], tokens.num_codes() + static_cast<int>(i));
  }
  return codes;
}

std::vector<int> to_codes(const ActionTokens& tokens, std::span<const int> said) {
  const std::vector<std::vector<int>> expansions = tokens.expansions();
  std::vector<int> codes;
  for (const int token : said) {
    const std::vector<int>& more = expansions.at(static_cast<std::size_t>(token));
    codes.insert(codes.end(), more.begin(), more.end());
  }
  return codes;
}

std::vector<double> deviation_of(std::span<const float> actions, int action_size) {
  const auto size = static_cast<std::size_t>(action_size);
  const double count = static_cast<double>(actions.size() / size);
  std::vector<double> mean(size, 0.0), square(size, 0.0);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    mean[i % size] += static_cast<double>(actions[i]) / count;
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const double apart = static_cast<double>(actions[i]) - mean[i % size];
    square[i % size] += apart * apart / count;
  }
  for (double& value : square) {
    value = std::max(std::sqrt(value), 1e-6);
  }
  return square;
}

std::vector<int> nearest_codes(std::span<const float> actions, const ActionTokens& tokens,
                               std::span<const double> deviation) {
  const auto size = static_cast<std::size_t>(tokens.action_size);
  std::vector<int> nearest;
  for (std::size_t at = 0; at + size <= actions.size(); at += size) {
    int best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int code = 0; code < tokens.num_codes(); ++code) {
      const double distance = squared_distance(actions.subspan(at, size), tokens.action(code), deviation);
      if (distance < least) {
        least = distance;
        best = code;
      }
    }
    nearest.push_back(best);
  }
  return nearest;
}

std::vector<float> cluster_actions(std::span<const float> actions, int action_size, int k, std::uint64_t seed) {
  constexpr int kRounds = 30;
  const auto size = static_cast<std::size_t>(action_size);
  const std::size_t count = actions.size() / size;
  const std::vector<double> deviation = deviation_of(actions, action_size);
  ActionTokens centres;
  centres.action_size = action_size;
  Rng rng(derive_seed(seed, Stream::action_tokens));
  for (int tries = 0; tries < 100 * k && centres.num_codes() < k; ++tries) {
    const std::size_t at = static_cast<std::size_t>(rng.below(count)) * size;
    bool is_new = true;
    for (int code = 0; code < centres.num_codes(); ++code) {
      is_new = is_new && squared_distance(actions.subspan(at, size), centres.action(code), deviation) > 1e-6;
    }
    if (is_new) {
      centres.codes.insert(centres.codes.end(), actions.begin() + static_cast<std::ptrdiff_t>(at),
                           actions.begin() + static_cast<std::ptrdiff_t>(at + size));
    }
  }
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<int> nearest = nearest_codes(actions, centres, deviation);
    std::vector<double> sums(centres.codes.size(), 0.0), members(static_cast<std::size_t>(centres.num_codes()), 0.0);
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = static_cast<std::size_t>(nearest[i]);
      members[code] += 1.0;
      for (std::size_t c = 0; c < size; ++c) {
        sums[code * size + c] += static_cast<double>(actions[i * size + c]);
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (members[i / size] > 0.0) {  // a centre that nobody is near stays
        centres.codes[i] = static_cast<float>(sums[i] / members[i / size]);
      }
    }
  }
  return centres.codes;
}

double entropy_bits(std::span<const int> symbols) {
  std::map<int, double> counts;
  for (const int symbol : symbols) {
    counts[symbol] += 1.0;
  }
  double bits = 0.0;
  for (const auto& [symbol, count] : counts) {
    const double share = count / static_cast<double>(symbols.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

std::string in_words(const ActionTokens& tokens, const std::vector<int>& codes, const std::vector<std::string>& names,
                     bool discrete) {
  const auto say = [&](int code) {
    const std::span<const float> action = tokens.action(code);
    if (discrete) {
      return names[static_cast<std::size_t>(std::max_element(action.begin(), action.end()) - action.begin())];
    }
    std::string words;
    for (std::size_t i = 0; i < action.size(); ++i) {
      if (std::abs(action[i]) >= 0.05f) {
        char number[32];
        std::snprintf(number, sizeof number, "%+.2f", static_cast<double>(action[i]));
        words += str(words.empty() ? "" : ", ", names[i], " ", number);
      }
    }
    return words.empty() ? std::string("nothing") : words;
  };
  std::string text;
  for (std::size_t begin = 0; begin < codes.size();) {
    std::size_t end = begin;
    while (end < codes.size() && codes[end] == codes[begin]) {
      ++end;
    }
    text +=
        str(text.empty() ? "" : "; ", say(codes[begin]), " for ", end - begin, end - begin == 1 ? " step" : " steps");
    begin = end;
  }
  return text;
}

}  // namespace reverie
