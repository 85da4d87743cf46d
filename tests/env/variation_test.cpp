#include "env/variation.h"

#include <functional>
#include <set>
#include <string>

#include "env/car_racing/car_racing.h"
#include "env/games.h"
#include "env/take_cover/take_cover.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

struct Inner {
  std::vector<Range> color{1.0, 2.0};
};
struct Weather {
  Schedule<Range> wind{Range(3.0)}, rain{Range(0.5)};
  int days = 2;
  Inner inner;
};

std::vector<Field> fields(Inner& c) {
  return {range_field("color", c.color, 0.0, 9.0, "two numbers", 2)};
}
std::vector<Field> fields(Weather& c) {
  return {range_field("wind", c.wind, 0.0, 10.0, "m/s"), number_field("days", c.days, 0, 9, "how many"),
          section_field("inner", c.inner, "more"), range_field("rain", c.rain, 0.0, 1.0, "share")};
}

double number(const Range& range) {
  return range;
}

double wind(const Weather& weather) {
  return number(weather.wind);
}

std::string message_of(const std::function<void()>& refused) {
  try {
    refused();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a range of one number reads as it, another one does not", "[env]") {
  CHECK(number(Range(2.5)) == 2.5);
  CHECK_FALSE(Range(2.5).is_random());
  CHECK(Range(1, 2).is_random());
  CHECK_THROWS_AS(static_cast<double>(Range(1, 2)), std::logic_error);
}

TEST_CASE("ranges are checked", "[env]") {
  Weather weather;
  const auto refusal = [&] { return message_of([&] { check_fields(fields(weather)); }); };
  check_fields(fields(weather));
  weather.wind = Range(2, 11);
  CHECK(refusal() == "wind: expected 0 to 10, found 11");
  weather.wind = Range(-1, 5);
  CHECK(refusal() == "wind: expected 0 to 10, found -1");
  weather.wind = Range(5, 4);
  CHECK(refusal() == "wind: expected low to be at most high, found 5 and 4");
  weather.wind = Range(std::nan(""));
  CHECK(refusal().find("found nan") != std::string::npos);
  weather.wind = {Range(1), Range(2, 12)};
  CHECK(refusal() == "wind[1]: expected 0 to 10, found 12");
  weather.wind = Range(1);
  weather.inner.color = {1, 2, 3};
  CHECK(refusal() == "inner.color: expected 2 values, found 3");
}

TEST_CASE("an episode draws each random range by its seed and its place, evenly", "[env]") {
  Weather weather;
  CHECK_FALSE(has_random_ranges(fields(weather)));
  CHECK(wind(drawn(weather, 7)) == 3.0);
  weather.wind = Range(2, 6);
  CHECK(has_random_ranges(fields(weather)));
  double sum = 0, square = 0;
  std::set<double> seen;
  constexpr int kDraws = 20000;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const Weather episode = drawn(weather, seed);
    CHECK_FALSE(static_cast<Range>(episode.wind).is_random());
    const double value = wind(episode);
    REQUIRE((value >= 2.0 && value <= 6.0));
    sum += value;
    square += (value - 4.0) * (value - 4.0);
    seen.insert(value);
  }
  // Mean 4 and variance 16/12; five deviations of their estimates.
  CHECK(sum / kDraws == Approx(4.0).margin(5 * std::sqrt(16.0 / 12.0 / kDraws)));
  CHECK(square / kDraws == Approx(16.0 / 12.0).margin(0.04));
  CHECK(seen.size() > kDraws - 5);
  // Another factor that varies changes nothing for this one, whether it stands before or behind.
  Weather more = weather;
  more.inner.color[1] = Range(0, 9);
  more.rain = Range(0, 1);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    CHECK(wind(drawn(more, seed)) == wind(drawn(weather, seed)));
    CHECK_FALSE(drawn(more, seed).inner.color[1] == drawn(more, seed + 1).inner.color[1]);
    CHECK(number(drawn(more, seed).inner.color[0]) == 1.0);
  }
}

TEST_CASE("a game takes another config from the next reset on, and says what an episode drew", "[env]") {
  CarRacingConfig config;
  config.friction = Range(0.5, 0.9);
  config.car_color[2] = Range(10, 20);
  CarRacing varied(config), plain;
  varied.reset(3);
  plain.reset(3);
  const auto episode = std::any_cast<CarRacingConfig>(varied.episode_config());
  const double friction = number(episode.friction);
  CHECK((friction >= 0.5 && friction <= 0.9));
  CHECK((number(episode.car_color[2]) >= 10.0 && number(episode.car_color[2]) <= 20.0));
  CHECK(number(episode.zoom) == 1.0);
  for (std::size_t i = 0; i < plain.track().size(); ++i) {  // the track is the seed's
    REQUIRE(varied.track()[i].x == plain.track()[i].x);
  }
  varied.configure(CarRacingConfig{});
  CHECK(number(std::any_cast<CarRacingConfig>(varied.episode_config()).friction) == friction);  // still
  varied.reset(3);
  for (int i = 0; i < 50; ++i) {
    const std::array action{0.2f, 0.5f, 0.0f};
    CHECK(varied.step(action).reward == plain.step(action).reward);
  }
  CHECK(varied.car_state().x == plain.car_state().x);
  config.friction = Range(9.0);
  CHECK(message_of([&] { varied.configure(config); }) == "friction: expected 0.05 to 3, found 9");
  varied.step(std::array{0.0f, 0.0f, 0.0f});  // as before
}

TEST_CASE("the games' progress", "[env]") {
  CarRacing car;
  car.reset(3);
  std::vector<double> progress(car.progress_entries().size());
  car.progress(progress);
  CHECK(progress[0] == 2);
  CHECK(progress[1] == static_cast<double>(car.track().size()));
  CHECK(std::isnan(progress[2]));
  TakeCoverConfig doom;
  doom.damage = TakeCoverDamage::doom;
  doom.fire_chance = Range(1.0);
  TakeCover cover(doom);
  cover.reset(1);
  double health = 100, least = 100;
  bool over = false;
  for (int i = 0; i < 2000 && !over; ++i) {
    over = cover.step(std::array{0.0f}).terminated;
    cover.progress({&health, 1});
    CHECK(health <= least);
    least = health;
  }
  CHECK(over);
  CHECK(health == 0);
}

TEST_CASE("a factory takes the last value of a schedule, or an iteration's", "[env]") {
  CarRacingConfig config;
  config.friction = {Range(1.0), Range(0.5)};
  const auto game = make_game_factory({"car_racing", 1, config})();
  game->reset(1);
  CHECK(number(std::any_cast<CarRacingConfig>(game->episode_config()).friction) == 0.5);
}
