#include "experiments/viewer/course.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace reverie {
namespace {

constexpr int kTogether = 10;  // steps: a single one says little

template <typename Change>
void each_part(Course& course, const Change& change) {
  for (std::vector<float>* part : {&course.reward, &course.episode_return, &course.end_probability, &course.entropy,
                                   &course.surprise, &course.latent_error, &course.pixel_error, &course.frozen_error}) {
    change(*part);
  }
  for (std::vector<float>& component : course.action) {
    change(component);
  }
}

}  // namespace

bool Course::operator==(const Course& other) const {
  const auto same = [](const std::vector<float>& left, const std::vector<float>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
  };
  return same(reward, other.reward) && same(episode_return, other.episode_return) &&
         same(end_probability, other.end_probability) && same(entropy, other.entropy) &&
         same(surprise, other.surprise) && same(latent_error, other.latent_error) &&
         same(pixel_error, other.pixel_error) && same(frozen_error, other.frozen_error) &&
         std::equal(action.begin(), action.end(), other.action.begin(), other.action.end(), same);
}

void Course::keep_first(int count) {
  each_part(*this, [count](std::vector<float>& part) {
    part.resize(std::min(part.size(), static_cast<std::size_t>(std::max(count, 0))));
  });
}

Course Course::first(int count) const {
  Course copy = *this;
  copy.keep_first(count);
  return copy;
}

int unpaid_steps(const Course& course) {
  const auto paid = std::find_if(course.reward.rbegin(), course.reward.rend(), [](float reward) { return reward > 0; });
  return static_cast<int>(paid - course.reward.rbegin());
}

int divergence_step(const Course& dream) {
  const int count = static_cast<int>(std::min(dream.pixel_error.size(), dream.frozen_error.size()));
  double ahead = 0;  // how far the frozen picture's error is above the dream's, over the last steps
  const auto at = [&dream](int i) {
    const auto step = static_cast<std::size_t>(i);
    return static_cast<double>(dream.frozen_error[step]) - static_cast<double>(dream.pixel_error[step]);
  };
  for (int i = 0; i < count; ++i) {
    ahead += at(i);
    if (i >= kTogether) {
      ahead -= at(i - kTogether);
    }
    if (i + 1 >= kTogether && ahead <= 0) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace reverie
