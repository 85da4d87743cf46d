// What only shows after a long time: states that leave their bounds, memory that grows.
#include <cmath>
#include <cstdio>

#include "env/discrete.h"
#include "env/games.h"
#include "env/random.h"
#include "tests/reliability/mutation.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// Megabytes that may come with time. The address sanitizer keeps what was freed, up to 256 MB.
#ifdef __SANITIZE_ADDRESS__
constexpr double kGrowth = 400.0;
#else
constexpr double kGrowth = 8.0;
#endif

double resident_megabytes() {
  long pages = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  REQUIRE(file != nullptr);
  REQUIRE(std::fscanf(file, "%ld %ld", &pages, &resident) == 2);
  std::fclose(file);
  return static_cast<double>(resident) * 4096 / 1e6;
}

std::unique_ptr<Game> usual(const GameEntry& entry) {
  GameConfig config;
  config.name = entry.name;
  return make_game_factory(config)();
}

}  // namespace

TEST_CASE("random steps leave a game finite, its rewards within bounds, and memory as it was", "[reliability]") {
  const int steps = reliability_runs(100'000);
  for (const GameEntry& entry : games()) {
    INFO(entry.name);
    const std::unique_ptr<Game> game = usual(entry);
    const GameSpec& spec = game->spec();
    Rng rng(4);
    std::vector<float> action(spec.action_low.size()), truth(game->truth_names().size());
    std::uint64_t seed = 0;
    int in_episode = 0, episodes = 0;
    double largest = 0;
    bool finite = true;
    double after_a_tenth = 0;
    game->reset(seed);
    for (int step = 0; step < steps; ++step) {
      if (step % 8 == 0) {
        for (std::size_t i = 0; i < action.size(); ++i) {
          action[i] = spec.action_low[i] + (spec.action_high[i] - spec.action_low[i]) * rng.uniform();
        }
        if (spec.actions == ActionKind::discrete) {
          play_largest(action);
        }
      }
      const StepResult result = game->step(action);
      largest = std::max(largest, std::abs(static_cast<double>(result.reward)));
      finite = finite && std::isfinite(result.reward);
      if (step % 64 == 0) {
        game->truth(truth);
        for (const float value : truth) {
          finite = finite && std::isfinite(value);
        }
      }
      if (result.terminated || ++in_episode >= spec.max_episode_steps) {
        game->reset(++seed);
        in_episode = 0;
        ++episodes;
      }
      if (step == steps / 10) {
        after_a_tenth = resident_megabytes();
      }
    }
    CHECK(finite);
    CHECK(largest <= 1000);
    CHECK(episodes > 0);
    CHECK(resident_megabytes() - after_a_tenth < kGrowth);
  }
}

TEST_CASE("resets leave memory as it was", "[reliability]") {
  const int resets = reliability_runs(1'000);
  for (const GameEntry& entry : games()) {
    INFO(entry.name);
    const std::unique_ptr<Game> game = usual(entry);
    double after_a_tenth = 0;
    for (int i = 0; i < resets; ++i) {
      game->reset(static_cast<std::uint64_t>(i));
      if (i == resets / 10) {
        after_a_tenth = resident_megabytes();
      }
    }
    CHECK(resident_megabytes() - after_a_tenth < kGrowth);
  }
}
