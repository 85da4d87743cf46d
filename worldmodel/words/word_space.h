// A space in which moments and sentences lie beside each other, learnt from pairs of them (CLIP, A. Radford et al.,
// arXiv 2103.00020). A moment is what a policy sees of it, a model's features; a sentence is the groups of letters in
// it.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reverie {

class WordSpaceImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kSize = 64, kUnits = 256, kGroups = 4096;

  // Without a seed: shapes alone, see ParameterMaker.
  WordSpaceImpl(std::int64_t feature_size, std::optional<std::uint64_t> seed);

  torch::Tensor moments(const torch::Tensor& features) const;         // [n, feature] -> [n, kSize], length 1
  torch::Tensor sentences(std::span<const std::string> texts) const;  // [n, kSize], length 1
  torch::Tensor scale() const;                                        // of the products of both, 1 to 100

  torch::Tensor units, units_bias, moment_out;    // [feature, kUnits], [kUnits], [kUnits, kSize]
  torch::Tensor groups, sentence_out;             // [kGroups, kSize], [kSize, kSize]
  torch::Tensor log_scale;                        // [1]
  torch::Tensor feature_mean, feature_deviation;  // [feature], set before training
};
TORCH_MODULE(WordSpace);

// Places in `groups` of the groups of 3 to 5 letters in a text, word by word, with marks where a word begins and ends.
std::vector<std::int64_t> letter_groups(const std::string& text);

// logits [n, n]: row i is moment i, column j sentence j, pair i belongs together. positives [n, n]: 1 where the
// sentence is true of the moment, the diagonal among them. The mean of - log softmax over the positives of each row,
// and of each column, averaged: SupCon's outer form (P. Khosla et al., arXiv 2004.11362) across two kinds. With the
// diagonal alone it is CLIP's.
torch::Tensor contrastive_loss(const torch::Tensor& logits, const torch::Tensor& positives);

// Average precision of a ranking (TREC's): mean over the right ones of the share of right ones up to there.
double average_precision(std::span<const std::uint8_t> is_right);

}  // namespace reverie
