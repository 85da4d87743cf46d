#include "env/take_cover/take_cover.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "env/batch_environment.h"
#include "env/error.h"
#include "env/games.h"
#include "tests/environment_conformance.h"
#include "tests/test.hpp"

using namespace reverie;
using nlohmann::json;

namespace {

json read_take_cover(int seed) {
  std::ifstream file(str(REVERIE_TEST_DATA, "/take_cover/seed_", seed, ".json"));
  REQUIRE(file);
  return json::parse(file);
}

StepResult step(TakeCover& game, float action) {
  return game.step(std::array{action});
}

struct Survival {
  double mean = 0, deviation = 0;
  int shortest = 0;
};

// act(game): the action. Games of seeds 0 to episodes - 1.
template <typename Act>
Survival survive(int episodes, const TakeCoverConfig& config, Act act) {
  std::vector<double> lengths;
  TakeCover game(config);
  for (int episode = 0; episode < episodes; ++episode) {
    game.reset(static_cast<std::uint64_t>(episode));
    bool ended = false;
    while (!ended && game.tic() < config.max_episode_steps) {
      ended = step(game, act(game)).terminated;
    }
    lengths.push_back(game.tic());
  }
  Survival result;
  double square = 0.0;
  for (const double length : lengths) {
    result.mean += length / episodes;
  }
  for (const double length : lengths) {
    square += (length - result.mean) * (length - result.mean);
  }
  result.deviation = std::sqrt(square / (episodes - 1));
  result.shortest = static_cast<int>(*std::min_element(lengths.begin(), lengths.end()));
  return result;
}

// The paper's policy for collection: a number held for 1 to 10 tics, which are drawn anew whenever the tic is a
// multiple of the current hold.
struct HeldRandom {
  Pcg64 rng{12345};
  int hold = 1;
  float action = 0;
  float operator()(const TakeCover& game) {
    if (game.tic() % hold == 0) {
      action = static_cast<float>(rng.uniform(-1.0, 1.0));
      hold = 1 + static_cast<int>(rng.uniform(0.0, 10.0));
    }
    return action;
  }
};

// Steps away from the fireball in view that is due first.
float reflex(const TakeCover& game) {
  const double y = game.player_y(), v = game.player_velocity();
  double soonest = 14.0, crossing = 0.0;
  bool threatened = false;
  for (const TakeCover::Fireball& ball : game.fireballs()) {
    const double time = (1.0 - ball.x) / ball.velocity_x;
    if (time > 0.0 && time < soonest && std::abs(ball.y - y) <= std::max(ball.x - 1.0, 0.01) + 0.6) {
      soonest = time;
      crossing = ball.y + time * ball.velocity_y;
      threatened = true;
    }
  }
  double direction = 0.0;  // +1: to larger y
  if (!threatened) {
    direction = std::abs(y - 12.0) <= 2.0 ? 0.0 : y < 12.0 ? 1.0 : -1.0;
  } else if (std::abs(y + 4.0 * v - crossing) <= 1.2) {
    direction = y >= crossing ? 1.0 : -1.0;
    direction = y < 1.5 ? 1.0 : y > 22.5 ? -1.0 : direction;
  }
  return static_cast<float>(-direction);
}

}  // namespace

TEST_CASE("take cover runs as its reference traces", "[env]") {
  for (const int seed : {3, 8}) {
    const json reference = read_take_cover(seed);
    REQUIRE(reference.at("runs").size() >= 3);
    for (const json& run : reference.at("runs")) {
      INFO("seed " << seed << ", policy " << run["policy"].get<std::string>());
      TakeCover game;
      game.reset(run["seed"].get<std::uint64_t>());
      const int steps = run["steps"];
      std::size_t next_full = 0;
      for (int t = 0; t < steps; ++t) {
        const auto at = static_cast<std::size_t>(t);
        const StepResult result = step(game, -run["actions"][at].get<float>());  // the files hold +1 for left
        REQUIRE(result.reward == 1.0f);
        REQUIRE(result.terminated == (t + 1 == steps && run["died"].get<bool>()));
        REQUIRE(game.player_y() == Approx(run["y"][at].get<double>()).margin(1e-3));
        REQUIRE(game.player_velocity() == Approx(run["v"][at].get<double>()).margin(1e-6));
        REQUIRE(game.shooters().size() == run["n_shooters"][at].get<std::size_t>());
        REQUIRE(game.fireballs().size() == run["n_fire"][at].get<std::size_t>());
        if (next_full < run["full"].size() && run["full"][next_full]["t"] == t + 1) {
          const json& full = run["full"][next_full++];
          for (std::size_t i = 0; i < game.shooters().size(); ++i) {
            const TakeCover::Shooter& shooter = game.shooters()[i];
            REQUIRE(shooter.y == Approx(full["shooters"][i][0].get<double>()));
            REQUIRE(static_cast<int>(shooter.state) == full["shooters"][i][1].get<int>());
            REQUIRE(shooter.timer == full["shooters"][i][2].get<int>());
          }
          for (std::size_t i = 0; i < game.fireballs().size(); ++i) {
            const TakeCover::Fireball ball = game.fireballs()[i];
            REQUIRE(ball.x == Approx(full["fire"][i][0].get<double>()).margin(1e-3));
            REQUIRE(ball.y == Approx(full["fire"][i][1].get<double>()).margin(1e-3));
            REQUIRE(ball.velocity_x == Approx(full["fire"][i][2].get<double>()).margin(1e-5));
            REQUIRE(ball.velocity_y == Approx(full["fire"][i][3].get<double>()).margin(1e-5));
          }
        }
      }
      REQUIRE(next_full == run["full"].size());
    }
  }
}

TEST_CASE("simple policies survive take cover as long as they should", "[env]") {
  const Survival random = survive(1000, {}, HeldRandom{});
  const Survival still = survive(600, {}, [](const TakeCover&) { return 0.0f; });
  const Survival dodger = survive(600, {}, reflex);
  WARN(str("survival in tics: random ", random.mean, " +- ", random.deviation, ", still ", still.mean, " +- ",
           still.deviation, ", reflex ", dodger.mean, " +- ", dodger.deviation));
  CHECK(random.mean > 197.0);
  CHECK(random.mean < 219.0);
  CHECK(random.deviation > 94.0);
  CHECK(random.deviation < 115.0);
  CHECK(still.mean > 105.0);
  CHECK(still.mean < 112.0);
  CHECK(still.shortest >= 85);
  CHECK(dodger.mean > 745.0);
  CHECK(dodger.mean < 880.0);
}

TEST_CASE("take cover's doom damage takes health and removes the fireball", "[env]") {
  TakeCoverConfig config;
  config.damage = TakeCoverDamage::doom;
  config.fire_chance = Range(56.0 / 256.0);
  const Survival random = survive(1000, config, HeldRandom{});
  CHECK(random.mean > 265.0);  // 290 +- 150 in the prototype of these rules
  CHECK(random.mean < 315.0);
  TakeCover game(config);
  game.reset(3);
  bool ended = false;
  int lowest = 100;
  while (!ended) {
    const std::size_t flying = game.fireballs().size();
    const int before = game.health();
    ended = step(game, 0.0f).terminated;
    if (game.health() < before) {
      CHECK((before - game.health()) % 21 == 0);
      CHECK(game.fireballs().size() <= flying + game.shooters().size() - 1);
    }
    lowest = std::min(lowest, game.health());
    CHECK(ended == (game.health() <= 0));
  }
  CHECK(lowest <= 0);
}

TEST_CASE("take cover's actions are left below -1/3 and right above 1/3", "[env]") {
  TakeCover game;
  game.reset(0);
  step(game, -0.34f);
  CHECK(game.player_y() > 12.0);  // left is +y
  game.reset(0);
  step(game, 0.34f);
  CHECK(game.player_y() < 12.0);
  game.reset(0);
  for (const float still : {-0.33f, 0.0f, 0.33f}) {
    step(game, still);
    CHECK(game.player_y() == 12.0);
  }
  CHECK(discrete_take_cover_action(0) == 0.0f);
  CHECK(discrete_take_cover_action(1) < -0.34f);
  CHECK(discrete_take_cover_action(2) > 0.34f);
  CHECK_THROWS_AS(discrete_take_cover_action(3), Error);
  CHECK_THROWS_AS(step(game, std::numeric_limits<float>::quiet_NaN()), Error);
  CHECK_THROWS_AS(game.step(std::array{0.0f, 0.0f}), Error);
  CHECK(game.tic() == 3);
}

TEST_CASE("take cover's walls stop the player", "[env]") {
  TakeCover game;
  game.reset(1);
  for (int t = 0; t < 70; ++t) {
    step(game, -1.0f);
  }
  CHECK(game.player_y() == 23.5);
  CHECK(game.player_velocity() == 0.0);
  step(game, 1.0f);
  CHECK(game.player_y() == Approx(23.5 - 0.0234375).margin(1e-5));
}

TEST_CASE("take cover's picture shows the room, the shooters and their glow", "[env]") {
  TakeCoverScene scene;
  scene.player_y = 12.0;
  TakeCoverView view(90.0);
  std::vector<std::uint8_t> frame(64 * 64 * 3);
  const auto pixel = [&](int row, int column) {
    const std::size_t at = static_cast<std::size_t>((row * 64 + column) * 3);
    return std::array<int, 3>{frame[at], frame[at + 1], frame[at + 2]};
  };
  view.draw(scene, 64, 64, frame);
  // The back wall, 17 m away, is shaded by 1 - 17 / 40 and its pattern changes colour at y = 12, straight ahead.
  CHECK(pixel(32, 31) == std::array{63, 40, 29});  // y just above 12: tile 6, even
  CHECK(pixel(32, 32) == std::array{55, 35, 25});  // y just below 12: tile 5, odd
  CHECK(pixel(0, 32)[2] > pixel(0, 32)[1]);        // the ceiling is bluish
  CHECK(pixel(63, 32)[0] > pixel(63, 32)[2]);      // the floor is not
  const std::vector<std::uint8_t> empty = frame;

  scene.shooters = {{12.0, false}};
  view.draw(scene, 64, 64, frame);
  // 15 m away: columns 32 -+ 1.33; feet at row 32 + 56 * 1.28 / 15 = 36.8. Its middle is all body.
  CHECK(pixel(34, 32) == std::array{100, 63, 38});  // 160, 100, 60 times 1 - 15 / 40
  const auto body = pixel(29, 32);
  scene.shooters[0].winding_up = true;
  view.draw(scene, 64, 64, frame);
  CHECK(pixel(29, 32)[0] > body[0] + 60);
  CHECK(pixel(34, 32) == std::array{100, 63, 38});

  // A fireball at 5 m covers 2.88 x 5.04 pixels to each side of its centre; to the left of the player is the left.
  scene.shooters.clear();
  scene.fireballs = {{6.0, 13.0}};
  view.draw(scene, 64, 64, frame);
  CHECK(pixel(35, 25) == std::array{255, 235, 140});
  CHECK(
      std::equal(frame.begin() + (35 * 64 + 32) * 3, frame.begin() + 36 * 64 * 3, empty.begin() + (35 * 64 + 32) * 3));
  double flame = 0.0;
  for (std::size_t i = 0; i < frame.size(); i += 3) {
    flame += frame[i] != empty[i] ? 1.0 : 0.0;
  }
  CHECK(flame > 3.14 * 2.88 * 5.04);
  CHECK(flame < 1.6 * 3.14 * 2.88 * 5.04);

  // What is behind the eye or too near is not drawn.
  scene.fireballs = {{1.2, 12.0}, {0.5, 12.0}};
  view.draw(scene, 64, 64, frame);
  CHECK(frame == empty);
}

TEST_CASE("take cover's picture is the same scene at any size", "[env]") {
  TakeCover game;
  game.reset(5);
  for (int t = 0; t < 60; ++t) {
    step(game, t % 20 < 10 ? -1.0f : 1.0f);
  }
  std::vector<std::uint8_t> small(64 * 64 * 3), large(256 * 256 * 3), above(90 * 120 * 3);
  game.draw(64, 64, small);
  game.draw(256, 256, large);
  double error = 0.0;
  for (int row = 0; row < 64; ++row) {
    for (int column = 0; column < 64; ++column) {
      for (int c = 0; c < 3; ++c) {
        double mean = 0.0;
        for (int i = 0; i < 16; ++i) {
          mean += large[static_cast<std::size_t>(((4 * row + i / 4) * 256 + 4 * column + i % 4) * 3 + c)] / 16.0;
        }
        error += std::abs(mean - small[static_cast<std::size_t>((row * 64 + column) * 3 + c)]);
      }
    }
  }
  CHECK(error / (64 * 64 * 3) < 2.0);
  game.draw_above(90, 120, above);
  CHECK(std::count(above.begin(), above.end(), 255) > 3);  // the player's blue
}

TEST_CASE("take cover as a batch keeps the contract", "[env]") {
  GameConfig config;
  config.name = "take_cover";
  config.action_repeat = GENERATE(1, 3, 4);
  config.section = TakeCoverConfig{.damage = GENERATE(TakeCoverDamage::one_hit, TakeCoverDamage::doom)};
  CHECK(make_game_factory(config)()->spec().name == "take_cover");
  EnvironmentConformance<std::uint8_t>([config](int batch_size) {
    return std::make_unique<BatchEnvironment>(make_game_factory(config), batch_size, 16, 16, 30);
  }).check();
}

TEST_CASE("take cover tells the truth of the player and of the nearest fireballs, and why it ended", "[env]") {
  TakeCover game;
  game.reset(3);
  CHECK(game.end_reason().empty());
  std::vector<float> truth(game.truth_names().size(), -1.0f);
  game.truth(truth);
  CHECK(truth[0] == 12.0f);
  CHECK(std::count(truth.begin() + 1, truth.end(), 0.0f) == static_cast<std::ptrdiff_t>(truth.size()) - 1);
  bool died = false;
  while (!died) {
    died = step(game, 0.0f).terminated;
    game.truth(truth);
    double before = 0.0;
    const std::size_t there = std::min<std::size_t>(game.fireballs().size(), TakeCover::kNearest);
    for (std::size_t i = 0; i < TakeCover::kNearest; ++i) {
      const float* const ball = &truth[2 + 5 * i];
      REQUIRE(ball[0] == (i < there ? 1.0f : 0.0f));
      const double distance = std::hypot(ball[1] - 1.0, ball[2] - game.player_y());
      REQUIRE((i >= there || distance >= before));
      before = distance;
    }
  }
  CHECK(game.end_reason() == "hit");
  CHECK(game.truth_names()[2] == "fireball_1_there");
}
