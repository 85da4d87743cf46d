#include <cstdint>
#include <vector>

#include "env/batch_environment.h"
#include "env/games.h"

// The return of 40 steps of two games side by side.
double play(const char* name) {
  reverie::GameConfig config;
  config.name = name;
  reverie::BatchEnvironment games(reverie::make_game_factory(config), 2, 64, 64);
  games.reset(std::vector<int>{0, 1}, std::vector<std::uint64_t>{7, 8});
  const auto& spec = games.spec();
  std::vector<float> action(static_cast<std::size_t>(2 * spec.action_size()));
  for (int row = 0; row < 2; ++row) {
    action[static_cast<std::size_t>(row * spec.action_size() + spec.action_size() / 2)] = 1;
  }
  double paid = 0;
  for (int step = 0; step < 40; ++step) {
    games.step(action);
    paid += games.reward()[0] + games.reward()[1];
  }
  return paid;
}
