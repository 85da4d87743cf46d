#include "worldmodel/words/word_reward.h"

namespace reverie {

using torch::Tensor;

Tensor WordGoal::is_met(const WordSpaceImpl& space, const Tensor& features) const {
  torch::NoGradGuard no_grad;
  return (torch::mv(space.moments(features), direction) > threshold).to(torch::kFloat32);
}

WordReward::WordReward(std::unique_ptr<WorldModel> model, WordSpace space, WordGoal goal)
    : std::unique_ptr<WorldModel>(std::move(model)),
      ForwardingModel(*get()),
      space_(std::move(space)),
      goal_(std::move(goal)) {}

Imagined WordReward::imagine(const ModelState& state, const Tensor& action, float temperature,
                             const Noise& noise) const {
  Imagined next = model_.imagine(state, action, temperature, noise);
  next.reward = goal_.is_met(*space_, model_.features(next.state));
  return next;
}

}  // namespace reverie
