#include "worldmodel/words/word_space.h"

#include <xxhash.h>

#include <cmath>

#include "env/error.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

using torch::Tensor;

namespace {

Tensor of_length_one(const Tensor& x) {
  return x / x.square().sum(1, true).clamp_min(1e-12).sqrt();
}

}  // namespace

WordSpaceImpl::WordSpaceImpl(std::int64_t feature_size, std::optional<std::uint64_t> seed) {
  ParameterMaker make(seed);
  units = register_parameter("units", make.glorot({feature_size, kUnits}, static_cast<double>(feature_size), kUnits));
  units_bias = register_parameter("units_bias", make.zeros({kUnits}));
  moment_out = register_parameter("moment_out", make.glorot({kUnits, kSize}, kUnits, kSize));
  groups = register_parameter("groups", make.glorot({kGroups, kSize}, kSize, kSize));
  sentence_out = register_parameter("sentence_out", make.glorot({kSize, kSize}, kSize, kSize));
  Tensor begin = make.zeros({1});
  log_scale = register_parameter("log_scale", begin.fill_(std::log(1.0 / 0.07)));  // CLIP's
  feature_mean = register_buffer("feature_mean", torch::zeros({feature_size}));
  feature_deviation = register_buffer("feature_deviation", torch::ones({feature_size}));
}

Tensor WordSpaceImpl::moments(const Tensor& features) const {
  const Tensor x = (features - feature_mean) / feature_deviation;
  return of_length_one(torch::mm(torch::relu(torch::mm(x, units) + units_bias), moment_out));
}

Tensor WordSpaceImpl::sentences(std::span<const std::string> texts) const {
  std::vector<std::int64_t> places, begins;
  for (const std::string& text : texts) {
    begins.push_back(static_cast<std::int64_t>(places.size()));
    const std::vector<std::int64_t> more = letter_groups(text);
    places.insert(places.end(), more.begin(), more.end());
  }
  constexpr std::int64_t kMean = 1;
  const Tensor means = std::get<0>(torch::embedding_bag(groups, torch::tensor(places, torch::kInt64),
                                                        torch::tensor(begins, torch::kInt64), false, kMean));
  return of_length_one(torch::mm(means, sentence_out));
}

Tensor WordSpaceImpl::scale() const {
  return torch::exp(log_scale.clamp(0.0, std::log(100.0)));
}

std::vector<std::int64_t> letter_groups(const std::string& text) {
  std::vector<std::int64_t> places;
  std::string word = "<";
  const auto end_word = [&] {
    if (word.size() > 1) {
      word += '>';
      for (std::size_t length = 3; length <= 5; ++length) {
        for (std::size_t begin = 0; begin + length <= word.size(); ++begin) {
          places.push_back(static_cast<std::int64_t>(XXH3_64bits(word.data() + begin, length) %
                                                     static_cast<std::uint64_t>(WordSpaceImpl::kGroups)));
        }
      }
    }
    word = "<";
  };
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) || letter >= 128) {
      word += static_cast<char>(std::tolower(letter));
    } else {
      end_word();
    }
  }
  end_word();
  if (places.empty()) {
    throw Error(ErrorKind::usage, str("expected a sentence of words, found '", text, "'"));
  }
  return places;
}

Tensor contrastive_loss(const Tensor& logits, const Tensor& positives) {
  const auto one_way = [&](std::int64_t along) {
    const Tensor each = torch::log_softmax(logits, along) * positives;
    return -(each.sum(along) / positives.sum(along)).mean();
  };
  return 0.5 * (one_way(1) + one_way(0));
}

double average_precision(std::span<const std::uint8_t> is_right) {
  double right = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < is_right.size(); ++i) {
    if (is_right[i] != 0) {
      right += 1.0;
      sum += right / static_cast<double>(i + 1);
    }
  }
  return right > 0.0 ? sum / right : 0.0;
}

}  // namespace reverie
