// Byte pairs over actions: recorded actions as a few codes, and the pairs of codes that follow each other most often as
// tokens of their own, again and again (byte-pair encoding, P. Gage 1994; of actions: D. Yunis et al., arXiv
// 2309.04459). A token is a piece of driving that a driver repeats.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reverie {

struct ActionTokens {
  int action_size = 0;
  std::vector<float> codes;                 // [codes, action], what each code plays
  std::vector<std::pair<int, int>> merges;  // token codes + i is these two tokens, one after the other

  int num_codes() const { return action_size == 0 ? 0 : static_cast<int>(codes.size()) / action_size; }
  int num_tokens() const { return num_codes() + static_cast<int>(merges.size()); }
  std::span<const float> action(int code) const {
    return std::span(codes).subspan(static_cast<std::size_t>(code * action_size),
                                    static_cast<std::size_t>(action_size));
  }
  std::vector<std::vector<int>> expansions() const;  // of each token its codes, in order

  // Error (kind data) that begins with `where` where a merge names a token that is none before it, or where there are
  // no codes.
  void check(const std::string& where) const;
};

struct MergeLimits {
  int merges = 48;
  int min_count = 50;   // a pair that occurs less often is no token
  int max_length = 12;  // codes of a token
};

// The merges of these episodes of codes, the most frequent pair first; pairs are counted without overlap from the left
// and never across an episode's end. Of equally frequent ones the smallest pair is merged.
std::vector<std::pair<int, int>> learn_merges(std::vector<std::vector<int>> episodes, int num_codes,
                                              const MergeLimits& limits);

// Codes as tokens, merge by merge; and back.
std::vector<int> to_tokens(const ActionTokens& tokens, std::vector<int> codes);
std::vector<int> to_codes(const ActionTokens& tokens, std::span<const int> said);

// Codes of a box: k-means (Lloyd's, 30 rounds, from actions that are drawn) on actions [n, size] scaled to deviation 1
// each. Fewer codes where there are fewer different actions.
std::vector<float> cluster_actions(std::span<const float> actions, int action_size, int k, std::uint64_t seed);
// The nearest code of each action, in the same scale; deviation [size].
std::vector<int> nearest_codes(std::span<const float> actions, const ActionTokens& tokens,
                               std::span<const double> deviation);
std::vector<double> deviation_of(std::span<const float> actions, int action_size);

// Mean information of a symbol, bits, if each were drawn by itself with these symbols' frequencies.
double entropy_bits(std::span<const int> symbols);

// How a driver would say it: "left 0.62, gas 0.20 for 4 steps; then gas 0.80 for 2 steps". names: of the action's
// components; a discrete action says its name alone.
std::string in_words(const ActionTokens& tokens, const std::vector<int>& codes, const std::vector<std::string>& names,
                     bool discrete);

}  // namespace reverie
