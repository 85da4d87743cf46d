#include "experiments/viewer/player.h"

#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("a player that is not threaded makes 50 steps a second", "[viewer]") {
  Player player(std::make_unique<Session>(std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml"), false);
  player.advance(0.1);
  CHECK(player.view()->moment.step == 5);
}
