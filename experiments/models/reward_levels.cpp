#include "experiments/models/reward_levels.h"

#include <algorithm>

namespace reverie {

torch::Tensor reward_levels(const EmbeddedEpisodes& source, const std::vector<int>& episodes) {
  double paid = 0.0;
  std::int64_t num_paid = 0;
  std::vector<float> unpaid;
  for (const int episode : episodes) {
    const torch::Tensor rewards = source.read(episode).reward;
    for (std::int64_t t = 1; t < rewards.size(0); ++t) {  // the first step's reward belongs to the reset
      const float reward = rewards.data_ptr<float>()[t];
      if (reward > 0.0f) {
        paid += static_cast<double>(reward);
        ++num_paid;
      } else if (t % 16 == 0) {
        unpaid.push_back(reward);
      }
    }
  }
  const auto middle = unpaid.begin() + static_cast<std::ptrdiff_t>(unpaid.size() / 2);
  std::nth_element(unpaid.begin(), middle, unpaid.end());
  return torch::tensor({unpaid.empty() ? 0.0f : *middle,
                        num_paid == 0 ? 1.0f : static_cast<float>(paid / static_cast<double>(num_paid))});
}

}  // namespace reverie
