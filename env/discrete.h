// Discrete actions are one-hot rows; these functions make such a row from scores.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace reverie {

inline void set_one_hot(std::span<float> action, std::size_t chosen) {
  std::fill(action.begin(), action.end(), 0.0f);
  action[chosen] = 1.0f;
}

// The largest score is played, the first of equals. A NaN among the scores is kept, so that the environment refuses the
// action.
inline void play_largest(std::span<float> scores) {
  if (std::none_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); })) {
    set_one_hot(scores, static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  }
}

// An action drawn from the softmax of finite scores, by one number in [0, 1): for a learner that explores. Returns
// which.
inline std::size_t draw_from_softmax(std::span<const float> scores, float uniform) {
  const double largest = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
  const auto weight = [&](float score) { return std::exp(static_cast<double>(score) - largest); };
  double sum = 0.0;
  for (const float score : scores) {
    sum += weight(score);
  }
  double left = static_cast<double>(uniform) * sum;
  std::size_t last = 0;  // of those that can be drawn, where rounding leaves something over
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double one = weight(scores[i]);
    if (one > 0.0) {
      if (left < one) {
        return i;
      }
      last = i;
    }
    left -= one;
  }
  return last;
}

}  // namespace reverie
