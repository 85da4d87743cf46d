#include "env/car_racing/car_racing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <string>

#include "env/car_racing/car_racing_driver.h"
#include "env/error.h"
#include "tests/env/car_racing/reference.h"
#include "tests/test.hpp"

using namespace reverie;
using nlohmann::json;

namespace {

using Frame = std::vector<std::uint8_t>;

Frame model_frame(const CarRacing& game, int height = 64, int width = 64) {
  Frame frame(static_cast<std::size_t>(height * width * 3));
  game.draw(height, width, frame);
  return frame;
}

Frame native_frame(const CarRacing& game) {
  Frame frame(96 * 96 * 3);
  game.draw_native(frame, true);
  return frame;
}

StepResult step(CarRacing& game, float steer, float gas, float brake) {
  return game.step(std::array{steer, gas, brake});
}

// A counter-clockwise circle around (x, y); the car starts at its right, heading up.
Track circle(double x, double y, double radius, int num_points) {
  Track track;
  for (int i = 0; i < num_points; ++i) {
    const double angle = 2.0 * std::numbers::pi * i / num_points;
    track.push_back({angle, angle, x + radius * std::cos(angle), y + radius * std::sin(angle)});
  }
  return track;
}

std::uint64_t fnv1a(const Frame& frame, std::uint64_t hash) {
  for (const std::uint8_t byte : frame) {
    hash = (hash ^ byte) * 0x100000001b3u;
  }
  return hash;
}

}  // namespace

TEST_CASE("the car drives as the reference's car, open loop", "[env]") {
  std::string table = "largest differences from the reference\n";
  for (const int seed : {11, 42}) {
    const json reference = read_reference(seed);
    for (const json& run : reference.at("runs")) {
      CarRacing game;
      game.reset(static_cast<std::uint64_t>(seed));
      const auto actions = run.at("actions").get<std::vector<std::vector<float>>>();
      double position50 = 0, position100 = 0, position400 = 0, angle = 0, omega = 0, joint = 0, score = 0;
      for (std::size_t k = 0; k <= actions.size(); ++k) {
        if (k > 0) {
          const StepResult result = game.step(actions[k - 1]);
          REQUIRE(result.terminated == run["terminated"][k - 1].get<bool>());
          REQUIRE(game.step_reward() == Approx(run["reward"][k - 1].get<double>()).margin(1e-9));
          REQUIRE(result.reward == game.step_reward());
          score += game.step_reward();
        }
        const CarState state = game.car_state();
        const json& hull = run["hull"][k];
        const double error = std::hypot(state.x - hull[0].get<double>(), state.y - hull[1].get<double>());
        position50 = k <= 50 ? std::max(position50, error) : position50;
        position100 = k <= 100 ? std::max(position100, error) : position100;
        position400 = std::max(position400, error);
        angle = std::max(angle, std::abs(state.angle - hull[2].get<double>()));
        for (std::size_t i = 0; i < 4; ++i) {
          const json& wheel = run["wheels"][k][i];
          omega = std::max(omega, std::abs(state.wheels[i].omega - wheel[0].get<double>()));
          joint = std::max(joint, std::abs(state.wheels[i].joint_angle - wheel[2].get<double>()));
          REQUIRE(state.wheels[i].tiles == static_cast<int>(wheel[3].get<double>()));
        }
        REQUIRE(game.tiles_visited() == run["tiles_visited"][k].get<int>());
      }
      CHECK(position50 < 1e-4);
      CHECK(position100 < 5e-3);
      CHECK(position400 < 0.05);
      CHECK(angle < 1.1e-3);
      CHECK(omega < 0.03);
      CHECK(joint < 8.1e-4);
      CHECK(score == Approx(run["score"].get<double>()).margin(1e-6));
      table += str("  seed ", seed, " ", run["name"].get<std::string>(), ": position ", position50, " m to step 50, ",
                   position100, " to 100, ", position400, " to ", actions.size(), "; angle ", angle, ", omega ", omega,
                   ", joint ", joint, ", score ", std::abs(score - run["score"].get<double>()), "\n");
    }
  }
  WARN(table);
}

TEST_CASE("the native picture is the reference's observation", "[env]") {
  std::string table = "pictures against the reference, rows 0 to 83: mean error in levels, pixels more than 8 off\n";
  for (const int seed : {11, 42}) {
    const json run = read_reference(seed).at("runs")[0];
    const auto actions = run.at("actions").get<std::vector<std::vector<float>>>();
    const auto frame_steps = run.at("frame_steps").get<std::set<std::size_t>>();
    REQUIRE(frame_steps.size() == 6);
    CarRacing game;
    game.reset(static_cast<std::uint64_t>(seed));
    for (std::size_t k = 0; k <= *frame_steps.rbegin(); ++k) {
      if (k > 0) {
        game.step(actions[k - 1]);
      }
      if (!frame_steps.contains(k)) {
        continue;
      }
      const std::string number = std::to_string(1000 + k).substr(1);
      const Frame expected =
          read_png(car_racing_data("seed_" + std::to_string(seed) + "_follow_step_" + number + ".png"));
      const Frame frame = native_frame(game);
      REQUIRE(expected.size() == frame.size());
      double sum = 0.0;
      int pixels_off = 0;
      for (std::size_t pixel = 0; pixel < 84 * 96; ++pixel) {
        int worst = 0;
        for (std::size_t i = 3 * pixel; i < 3 * pixel + 3; ++i) {
          const int error = std::abs(frame[i] - expected[i]);
          sum += error;
          worst = std::max(worst, error);
        }
        pixels_off += worst > 8;
      }
      const double mean = sum / (84 * 96 * 3);
      const double share_off = pixels_off / (84.0 * 96.0);
      CHECK(mean < 0.7);
      CHECK(share_off < 0.01);
      double bar = 0.0;  // instruments: the same place and length, if not the same font
      for (std::size_t i = 84 * 96 * 3; i < frame.size(); ++i) {
        bar += std::abs(frame[i] - expected[i]);
      }
      CHECK(bar / (12 * 96 * 3) < 6.0);
      table += str("  seed ", seed, " step ", k, ": ", mean, ", ", 100.0 * share_off, " %\n");
    }
  }
  WARN(table);
}

TEST_CASE("the model's picture is the native one without the bar, at any size", "[env]") {
  CarRacing game;
  game.reset(42);
  for (int i = 0; i < 70; ++i) {
    step(game, 0.0f, 0.3f, 0.0f);
  }
  const Frame native = native_frame(game);
  const Frame same_size = model_frame(game, 84, 96);
  double sum = 0.0;
  for (std::size_t i = 0; i < same_size.size(); ++i) {
    sum += std::abs(native[i] + 2 - same_size[i]);  // the reference's shrink darkens by 2
  }
  CHECK(sum / static_cast<double>(same_size.size()) < 1.0);
  // Averaging a fine picture gives the coarse one: coverage is exact.
  const Frame coarse = model_frame(game, 35, 50);
  const Frame fine = model_frame(game, 350, 500);
  int worst = 0;
  for (int row = 0; row < 35; ++row) {
    for (int column = 0; column < 50; ++column) {
      for (int channel = 0; channel < 3; ++channel) {
        double mean = 0.0;
        for (int i = 0; i < 100; ++i) {
          mean +=
              0.01 * fine[static_cast<std::size_t>(((row * 10 + i / 10) * 500 + column * 10 + i % 10) * 3 + channel)];
        }
        const int level = coarse[static_cast<std::size_t>((row * 50 + column) * 3 + channel)];
        worst = std::max(worst, static_cast<int>(std::abs(level - mean)));
      }
    }
  }
  CHECK(worst <= 30);  // only where three outlines meet in a pixel, at the car and its wheels
}

TEST_CASE("an episode's pictures have not changed", "[env]") {
  // A commit that changes these values must say why.
  CarRacing game;
  game.reset(7);
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (int i = 0; i < 80; ++i) {
    step(game, 0.3f * std::sin(0.2f * static_cast<float>(i)), 0.5f, i % 20 == 19 ? 0.5f : 0.0f);
    hash = fnv1a(native_frame(game), fnv1a(model_frame(game), hash));
  }
  CHECK(hash == 0xe79c17951f4fe55du);
}

TEST_CASE("the car starts on tiles 0 and 1, which pay in the first step", "[env]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CarRacing game;
    game.reset(seed);
    CHECK(game.tiles_visited() == 2);
    CHECK(game.visited()[0] == 1);
    CHECK(game.visited()[1] == 1);
    const double num_tiles = static_cast<double>(game.track().size());
    CHECK(step(game, 0.0f, 0.0f, 0.0f).reward == Approx(2000.0 / num_tiles - 0.1));
    CHECK(step(game, 0.0f, 0.0f, 0.0f).reward == Approx(-0.1));
  }
}

TEST_CASE("the last tile ends the episode, and a perfect lap scores 1000 minus 0.1 a step", "[env]") {
  // All but tile 0 makes 0.98 of the lap, which is more than lap_complete_percent: that does not end it.
  const Track track = circle(0.0, 0.0, 30.0, 54);
  CarRacing game;
  game.reset(1, track);
  double score = 0.0;
  int steps = 0;
  StepResult result;
  while (!result.terminated && steps < 2000) {
    const CarState car = game.car_state();
    const double place = std::atan2(car.y, car.x);
    const double outwards = std::hypot(car.x, car.y) - 30.0;
    const double error = std::remainder(place + 0.1 + 0.05 * outwards - car.angle, 2.0 * std::numbers::pi);
    const bool slow = std::hypot(car.velocity_x, car.velocity_y) < 15.0;
    REQUIRE(game.tiles_visited() < 54);
    result = step(game, static_cast<float>(-error), slow ? 0.3f : 0.0f, 0.0f);
    score += game.step_reward();
    ++steps;
  }
  CHECK(result.terminated);
  CHECK(game.tiles_visited() == 54);
  CHECK(score == Approx(1000.0 - 0.1 * steps));
}

TEST_CASE("leaving the field ends the episode with -100", "[env]") {
  CarRacing game;
  game.reset(1, circle(0.0, 300.0, 30.0, 54));  // heads up, where the field ends at 333
  StepResult result;
  int steps = 0;
  while (!result.terminated && steps < 1000) {
    result = step(game, 0.0f, 0.2f, 0.0f);
    ++steps;
    CHECK(result.terminated == (game.car_state().y > static_cast<float>(kPlayfield)));
  }
  CHECK(result.terminated);
  CHECK(result.reward == -100.0f);
}

TEST_CASE("actions that are not finite or of the wrong size are refused and change nothing", "[env]") {
  CarRacing game, untouched;
  game.reset(3);
  untouched.reset(3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(step(game, 0.0f, nan, 0.0f), "car_racing: expected a finite gas, found nan");
  CHECK_THROWS_AS(step(game, 0.0f, 0.0f, std::numeric_limits<float>::infinity()), Error);
  CHECK_THROWS_WITH(game.step(std::array{0.0f, 1.0f}), "car_racing: expected an action of 3 values, found 2");
  step(game, 0.1f, 1.0f, 0.0f);
  step(untouched, 0.1f, 1.0f, 0.0f);
  CHECK(model_frame(game) == model_frame(untouched));
  CHECK(game.car_state().x == untouched.car_state().x);
}

TEST_CASE("actions out of range act as the header says", "[env]") {
  const auto drive = [](float steer, float gas, float brake) {
    CarRacing game;
    game.reset(3);
    for (int i = 0; i < 40; ++i) {
      step(game, steer, gas, brake);
    }
    return game.car_state();
  };
  CHECK(drive(0.0f, 7.0f, 0.0f).x == drive(0.0f, 1.0f, 0.0f).x);
  CHECK(drive(0.0f, 1.0f, -3.0f).x == drive(0.0f, 1.0f, 0.0f).x);
  CHECK(drive(0.0f, -1.0f, 0.0f).x == drive(0.0f, 0.0f, 0.0f).x);
  CHECK(drive(0.0f, 1.0f, 0.0f).x != drive(0.0f, 0.5f, 0.0f).x);
  CHECK(drive(1.0f, 0.2f, 0.0f).wheels[0].joint_angle == Approx(-0.4).margin(0.07));  // to the right, at its stop
  CHECK(drive(-1.0f, 0.2f, 0.0f).wheels[0].joint_angle == Approx(0.4).margin(0.07));
  CHECK(drive(0.0f, 1.0f, 1.0f).wheels[2].omega == Approx(0.0).margin(3.0));  // locked
}

TEST_CASE("the five discrete actions are Gymnasium's, and there is no sixth", "[env]") {
  CHECK(discrete_car_action(0) == std::array{0.0f, 0.0f, 0.0f});
  CHECK(discrete_car_action(1) == std::array{0.6f, 0.0f, 0.0f});
  CHECK(discrete_car_action(2) == std::array{-0.6f, 0.0f, 0.0f});
  CHECK(discrete_car_action(3) == std::array{0.0f, 0.2f, 0.0f});
  CHECK(discrete_car_action(4) == std::array{0.0f, 0.0f, 0.8f});
  CHECK_THROWS_AS(discrete_car_action(5), Error);
  CHECK_THROWS_AS(discrete_car_action(-1), Error);
}

TEST_CASE("a track of one's own drives like the same track from a seed", "[env]") {
  CarRacing from_seed, from_track;
  from_seed.reset(11);
  from_track.reset(99, reference_track(read_reference(11)));
  for (int i = 0; i < 60; ++i) {
    step(from_seed, 0.1f, 0.5f, 0.0f);
    step(from_track, 0.1f, 0.5f, 0.0f);
  }
  CHECK(from_seed.car_state().x == from_track.car_state().x);
  CHECK(model_frame(from_seed) == model_frame(from_track));
  CHECK_THROWS_AS(from_track.reset(0, Track{}), Error);
}

TEST_CASE("an episode does not depend on the one before", "[env]") {
  CarRacing used, fresh;
  used.reset(1);
  for (int i = 0; i < 50; ++i) {
    step(used, 0.5f, 1.0f, 0.0f);
  }
  used.reset(2);
  fresh.reset(2);
  for (int i = 0; i < 50; ++i) {
    step(used, -0.2f, 0.6f, 0.0f);
    step(fresh, -0.2f, 0.6f, 0.0f);
    REQUIRE(used.car_state().x == fresh.car_state().x);
  }
  CHECK(native_frame(used) == native_frame(fresh));
}

TEST_CASE("tiles lose their shade for good once something touches them", "[env]") {
  // The car starts on tiles 0 and 1, and 1 is a shade lighter than plain road until then.
  CarRacing game;
  game.reset(5, circle(0.0, 0.0, 100.0, 180));
  for (int i = 0; i < 60; ++i) {
    step(game, 0.0f, 0.0f, 0.0f);
  }
  const Frame frame = model_frame(game, 700, 1000);
  std::set<int> grays;
  for (std::size_t i = 0; i < frame.size(); i += 3) {
    if (frame[i] == frame[i + 1] && frame[i] == frame[i + 2] && frame[i] >= 100 && frame[i] <= 110) {
      grays.insert(frame[i]);
    }
  }
  CHECK(grays.contains(102));
  CHECK(grays.contains(104));
  CHECK(grays.contains(107));
  const std::size_t under_the_car = (600 * 1000 + 560) * 3;  // 3.7 m to its right, on tile 0 or 1
  CHECK(static_cast<int>(frame[under_the_car]) == 102);
}

TEST_CASE("domain randomisation draws colours per seed, and then another track", "[env]") {
  CarRacingConfig config;
  config.domain_randomize = true;
  CarRacing random(config), plain;
  random.reset(4);
  plain.reset(4);
  CHECK(random.track().size() > 0);
  CHECK(random.track()[5].x != plain.track()[5].x);
  const auto road_color = [](const CarRacing& game) {
    const Frame frame = model_frame(game, 700, 1000);
    const std::size_t beside_the_car = (600 * 1000 + 560) * 3;
    return std::array<int, 3>{frame[beside_the_car], frame[beside_the_car + 1], frame[beside_the_car + 2]};
  };
  const auto settle = [](CarRacing& game) {
    for (int i = 0; i < 60; ++i) {
      step(game, 0.0f, 0.0f, 0.0f);
    }
  };
  settle(random);
  settle(plain);
  CHECK(road_color(plain) == std::array{102, 102, 102});
  // The first three numbers of the seed, in [0, 210).
  Pcg64 rng(4);
  const std::array<int, 3> expected = {static_cast<int>(rng.uniform(0.0, 210.0)),
                                       static_cast<int>(rng.uniform(0.0, 210.0)),
                                       static_cast<int>(rng.uniform(0.0, 210.0))};
  CHECK(road_color(random) == expected);
}

TEST_CASE("lap_complete_percent is a share", "[env]") {
  CarRacingConfig config;
  config.lap_complete_percent = -0.1;
  CHECK_THROWS_WITH(CarRacing(config), "lap_complete_percent: expected 0 to 1, found -0.1");
  config.lap_complete_percent = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(CarRacing(config), Error);
}

TEST_CASE("a car that follows the truth stays on the road and gets on", "[env]") {
  for (const std::uint64_t seed : {11, 42, 1000007}) {
    CarRacing game;
    game.reset(seed);
    std::vector<float> action(3), truth(CarRacing::kTruths);
    const int steps = 400;
    for (int i = 0; i < steps; ++i) {
      follow_the_road(game, action);
      REQUIRE_FALSE(game.step(action).terminated);
      game.truth(truth);
      INFO("seed " << seed << ", step " << i);
      REQUIRE(std::abs(truth[CarRacing::kRoadOffset]) < kTrackHalfWidth);
    }
    CHECK(game.tiles_visited() > 15);
    CHECK(game.end_reason().empty());
  }
}

TEST_CASE("the truth of a car on a circle", "[env]") {
  CarRacing game;
  const double radius = 50.0;
  game.reset(0, circle(0.0, 0.0, radius, 90));
  REQUIRE(game.truth_names().size() == CarRacing::kTruths);
  std::vector<float> truth(CarRacing::kTruths);
  const auto look = [&] {
    game.truth(truth);
    return truth;
  };
  CHECK(look()[CarRacing::kRoadOffset] == Approx(0.0).margin(0.5));
  for (const auto place : {CarRacing::kCurvature, CarRacing::kCurvature10, CarRacing::kCurvature40}) {
    CHECK(truth[place] == Approx(1.0 / radius).epsilon(0.02));
  }
  for (int i = 0; i < 60; ++i) {
    step(game, 0.0f, 0.5f, 0.0f);  // straight on, where the road turns to the left
  }
  CHECK(look()[CarRacing::kSpeed] > 5.0f);
  CHECK(truth[CarRacing::kRoadOffset] < -0.2f);  // outside, on the right
  CHECK(truth[CarRacing::kRoadAngle] < -0.05f);
  for (int i = 0; i < 20; ++i) {
    step(game, -0.3f, 0.0f, 0.0f);
  }
  CHECK(look()[CarRacing::kHeadingRate] > 0.1f);  // to the left
  CHECK(truth[CarRacing::kWheelAngle] > 0.1f);
}

TEST_CASE("the native picture without instruments has the world where the bar was", "[env]") {
  CarRacing game;
  game.reset(5);
  for (int i = 0; i < 60; ++i) {
    step(game, 0.1f, 0.3f, 0.0f);
  }
  REQUIRE(game.spec().has_instruments);
  Frame with = native_frame(game), without(with.size());
  game.draw_native(without, false);
  const auto bar = static_cast<std::ptrdiff_t>(84 * 96 * 3);
  CHECK(std::equal(with.begin(), with.begin() + bar, without.begin()));
  CHECK(std::count(with.begin() + bar, with.end(), 0) > 2000);  // black
  CHECK(std::count(without.begin() + bar, without.end(), 0) < 500);
}
