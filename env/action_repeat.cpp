#include "env/action_repeat.h"

#include "env/error.h"

namespace reverie {

ActionRepeat::ActionRepeat(std::unique_ptr<Game> game, int repeat)
    : game_(std::move(game)), repeat_(repeat), spec_(game_->spec()) {
  check_range("game.action_repeat", repeat, 1, 1000);
  spec_.max_episode_steps = (spec_.max_episode_steps + repeat - 1) / repeat;
  spec_.steps_per_second /= repeat;
}

void ActionRepeat::reset(std::uint64_t seed) {
  game_->reset(seed);
  played_ = 0;
}

StepResult ActionRepeat::step(std::span<const float> action) {
  StepResult result;
  for (int i = 0; i < repeat_ && !result.terminated && (i == 0 || played_ < game_->spec().max_episode_steps); ++i) {
    const StepResult one = game_->step(action);
    result.reward += one.reward;
    result.terminated = one.terminated;
    ++played_;
    if (look_) {
      look_(*game_);
    }
  }
  return result;
}

}  // namespace reverie
