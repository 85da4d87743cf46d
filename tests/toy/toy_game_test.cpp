#include "tests/toy/toy_game.h"

#include "env/batch_environment.h"
#include "tests/environment_conformance.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// Adds the toy game to the table, as a program of one's own would, and removes it at the end.
struct WithToyGame {
  WithToyGame() { games().push_back(toy_game_entry()); }
  ~WithToyGame() { games().pop_back(); }
};

}  // namespace

TEST_CASE("a game that a program adds is found by its name", "[env]") {
  CHECK_THROWS(find_game("toy"));
  const WithToyGame toy;
  CHECK(find_game("toy").keys.front().key == "J");
  GameConfig config;
  config.name = "toy";
  config.section = ToyConfig{.max_episode_steps = 7};
  CHECK(make_game_factory(config)()->spec().max_episode_steps == 7);
}

TEST_CASE("the toy game keeps the contract of an environment", "[env]") {
  const WithToyGame toy;
  GameConfig config;
  config.name = "toy";
  config.action_repeat = GENERATE(1, 3);
  EnvironmentConformance<std::uint8_t>([config](int batch_size) {
    return std::make_unique<BatchEnvironment>(make_game_factory(config), batch_size, 32, 48, 30);
  }).check();
}

TEST_CASE("the toy game pays for a catch at the basket and ends at a miss", "[env]") {
  ToyGame game;
  const std::vector<float> wait = {1, 0}, take = {0, 1};
  std::vector<float> truth(3);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    game.reset(seed);
    for (int caught = 0; caught < 3;) {
      game.truth(truth);
      const bool over = truth[0] == truth[1];
      const StepResult result = game.step(over ? take : wait);
      REQUIRE_FALSE(result.terminated);
      CHECK(result.reward == (over ? 1.0f : 0.0f));
      caught += over ? 1 : 0;
    }
    do {
      game.truth(truth);
    } while (truth[0] == truth[1] && !game.step(wait).terminated);
    CHECK(game.end_reason().empty());
    CHECK(game.step(take).terminated);
    CHECK(game.end_reason() == "caught nothing");
  }
}
