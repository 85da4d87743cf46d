#include "env/car_racing/track.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "env/error.h"
#include "tests/env/car_racing/reference.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

Track circle(double radius, int num_points) {
  Track track;
  for (int i = 0; i < num_points; ++i) {
    const double angle = 2.0 * std::numbers::pi * i / num_points;
    track.push_back({angle, angle, radius * std::cos(angle), radius * std::sin(angle)});
  }
  return track;
}

}  // namespace

TEST_CASE("integer seeds give Gymnasium's tracks to the last bit", "[env]") {
  for (const int seed : {11, 42}) {
    const Track expected = reference_track(read_reference(seed));
    Pcg64 rng(static_cast<std::uint64_t>(seed));
    const Track track = make_track(rng);
    REQUIRE(track.size() == expected.size());
    for (std::size_t i = 0; i < track.size(); ++i) {
      REQUIRE(track[i].alpha == expected[i].alpha);
      REQUIRE(track[i].beta == expected[i].beta);
      REQUIRE(track[i].x == expected[i].x);
      REQUIRE(track[i].y == expected[i].y);
    }
  }
}

TEST_CASE("kerbs stand where the reference has them", "[env]") {
  for (const int seed : {11, 42}) {
    const nlohmann::json reference = read_reference(seed);
    CHECK(make_kerbs(reference_track(reference)) == reference.at("border").get<std::vector<std::uint8_t>>());
  }
}

TEST_CASE("tracks have the measured length, are closed, and pass as tracks from outside", "[env]") {
  double sum = 0.0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Pcg64 rng(seed);
    const Track track = make_track(rng);
    sum += static_cast<double>(track.size());
    CHECK(track.size() >= 224);
    CHECK(track.size() <= 366);
    CHECK_NOTHROW(check_track(track));
    for (std::size_t i = 1; i < track.size(); ++i) {
      REQUIRE(std::hypot(track[i].x - track[i - 1].x, track[i].y - track[i - 1].y) == Approx(3.5));
    }
  }
  CHECK(sum / 100.0 == Approx(293.7).margin(8.0));  // 293.7 +- 22.8 over seeds 0 to 299
}

TEST_CASE("a tile is as wide as the road and its kerb lies outside it, on the inner side of the turn", "[env]") {
  const Track track = circle(30.0, 54);  // counter-clockwise: the inside is towards the middle
  const Quad tile = tile_quad(track, 5);
  CHECK(std::hypot(tile[0].x - tile[1].x, tile[0].y - tile[1].y) == Approx(2.0 * kTrackHalfWidth));
  CHECK(std::hypot(tile[0].x, tile[0].y) == Approx(30.0 - kTrackHalfWidth));
  CHECK(std::hypot(tile[2].x, tile[2].y) == Approx(30.0 + kTrackHalfWidth));
  const Quad kerb = kerb_quad(track, 5);
  CHECK(std::hypot(kerb[0].x, kerb[0].y) == Approx(30.0 - kTrackHalfWidth));
  CHECK(std::hypot(kerb[1].x, kerb[1].y) == Approx(30.0 - kTrackHalfWidth - kKerbWidth));
  const Quad first = tile_quad(track, 0);  // joins point 0 to the last point
  const Quad last = tile_quad(track, 53);
  CHECK(first[2].x == last[1].x);
  CHECK(first[2].y == last[1].y);
}

TEST_CASE("a track from outside that cannot be driven is refused in one line", "[env]") {
  CHECK_NOTHROW(check_track(circle(30.0, 54)));
  CHECK_THROWS_WITH(check_track(circle(30.0, 7)), "track: expected 8 to 5000 points, found 7");
  Track track = circle(30.0, 54);
  track[3].x = 400.0;
  CHECK_THROWS_WITH(check_track(track), Catch::Matchers::StartsWith("track, point 3: expected x and y within"));
  track[3].x = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(check_track(track), Error);
  track = circle(30.0, 54);
  track[7].beta = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(check_track(track), Error);
  track = circle(30.0, 54);
  track[9] = track[8];
  CHECK_THROWS_WITH(check_track(track),
                    Catch::Matchers::StartsWith("track, point 9: expected a tile that has an area"));
}
