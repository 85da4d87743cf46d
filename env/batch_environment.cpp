#include "env/batch_environment.h"

#include <algorithm>

#include "env/error.h"

namespace reverie {

BatchEnvironment::BatchEnvironment(const GameFactory& make_game, int batch_size, int height, int width,
                                   int max_episode_steps) {
  REVERIE_CHECK(batch_size, >=, 1);
  const std::size_t batch = static_cast<std::size_t>(batch_size);
  for (std::size_t row = 0; row < batch; ++row) {
    games_.push_back(make_game());
  }
  const GameSpec& game = games_.front()->spec();
  spec_.batch_size = batch_size;
  spec_.observation_shape = {height, width, 3};
  spec_.actions = game.actions;
  spec_.action_low = game.action_low;
  spec_.action_high = game.action_high;
  spec_.max_episode_steps = max_episode_steps > 0 ? max_episode_steps : game.max_episode_steps;
  steps_.assign(batch, 0);
  observation_.assign(batch * static_cast<std::size_t>(spec_.observation_size()), 0);
  reward_.assign(batch, 0.0f);
  terminated_.assign(batch, 0);
  truncated_.assign(batch, 1);
}

void BatchEnvironment::reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) {
  REVERIE_CHECK(rows.size(), ==, seeds.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    REVERIE_CHECK(rows[i], >=, 0);
    REVERIE_CHECK(rows[i], <, spec_.batch_size);
    const std::size_t row = static_cast<std::size_t>(rows[i]);
    games_[row]->reset(seeds[i]);
    steps_[row] = 0;
    reward_[row] = 0.0f;
    terminated_[row] = truncated_[row] = 0;
    draw(rows[i]);
  }
}

void BatchEnvironment::step(std::span<const float> action) {
  const std::size_t action_size = spec_.action_low.size();
  REVERIE_CHECK(action.size(), ==, games_.size() * action_size);
  for (std::size_t row = 0; row < games_.size(); ++row) {
    if (terminated_[row] || truncated_[row]) {
      reward_[row] = 0.0f;
      continue;
    }
    const StepResult result = games_[row]->step(action.subspan(row * action_size, action_size));
    ++steps_[row];
    reward_[row] = static_cast<float>(result.reward);
    terminated_[row] = result.terminated;
    truncated_[row] = !result.terminated && steps_[row] >= spec_.max_episode_steps;
    draw(static_cast<int>(row));
  }
}

std::string BatchEnvironment::end_reason(int row) const {
  return truncated_[static_cast<std::size_t>(row)] != 0 && steps_[static_cast<std::size_t>(row)] > 0
             ? "time is up"
             : std::string(game(row).end_reason());
}

void BatchEnvironment::draw(int row) {
  const std::size_t size = static_cast<std::size_t>(spec_.observation_size());
  games_[static_cast<std::size_t>(row)]->draw(
      spec_.observation_shape[0], spec_.observation_shape[1],
      std::span(observation_).subspan(static_cast<std::size_t>(row) * size, size));
}

}  // namespace reverie
