#include "experiments/viewer/session.h"

#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("a config alone plays the plain game", "[viewer]") {
  Session session(std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "smoke.yaml");
  CHECK(session.num_moments() == 1);
  session.step();
  CHECK(session.now().step == 1);
}
