#include "env/games.h"

#include <set>

#include "env/batch_environment.h"
#include "env/error.h"
#include "tests/environment_conformance.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("games are found by name, and an unknown name lists the known ones", "[env]") {
  CHECK(make_game_factory({})()->spec().name == GameConfig().name);
  GameConfig config;
  config.name = "car_raicing";
  CHECK_THROWS_WITH(make_game_factory(config),
                    ContainsSubstring("'car_raicing'") && ContainsSubstring("known: car_racing"));
}

TEST_CASE("a game's section is checked, and another game's is not taken", "[env]") {
  GameConfig config;
  config.name = "take_cover";
  config.section = find_game("take_cover").config;
  for (Field& field : find_game("take_cover").fields(config.section)) {
    if (field.name == "spawn_interval") {
      *std::get<NumberField<int>>(std::get<Scalar>(field.value)).value = 0;
    }
  }
  CHECK_THROWS_WITH(make_game_factory(config), "spawn_interval: expected 1 to 1000000, found 0");
  config.name = "car_racing";
  CHECK(make_game_factory(config)()->spec().name == "car_racing");
}

TEST_CASE("each game says of itself what a program needs", "[env]") {
  std::set<std::string> names;
  for (const GameEntry& entry : games()) {
    INFO(entry.name);
    CHECK(names.insert(entry.name).second);
    const std::unique_ptr<Game> game = entry.make(entry.config);
    const GameSpec& spec = game->spec();
    CHECK(spec.name == entry.name);
    CHECK(spec.action_names.size() == spec.action_low.size());
    CHECK(spec.action_low.size() == spec.action_high.size());
    CHECK(spec.native_height > 0);
    CHECK(spec.native_width > 0);
    CHECK_FALSE(entry.keys.empty());
    for (const GameKey& key : entry.keys) {
      CHECK(key.component >= 0);
      CHECK(key.component < static_cast<int>(spec.action_names.size()));
      CHECK_FALSE(key.what.empty());
    }
    for (const std::vector<float>& action : entry.numbered_actions) {
      CHECK(action.size() == spec.action_low.size());
    }
    for (const std::uint64_t seed : {1, 2}) {
      game->reset(seed);
      std::vector<float> truth(game->truth_names().size(), NAN);
      game->truth(truth);
      CHECK_FALSE(truth.empty());
      for (const float value : truth) {
        CHECK(std::isfinite(value));
      }
    }
    std::any config = entry.config;
    for (const Field& field : entry.fields(config)) {
      INFO(field.name);
      CHECK_FALSE(field.help.empty());
    }
  }
}
