// The race track that one seed makes: Gymnasium's CarRacing-v3 generator, to the last bit. Metres and radians.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "env/random.h"

namespace reverie {

constexpr double kPlayfield = 2000.0 / 6.0;     // half side of the square field; leaving it ends the episode
constexpr double kTrackHalfWidth = 40.0 / 6.0;  // of the road
constexpr double kKerbWidth = 8.0 / 6.0;

// One point of the centre line.
struct TrackPoint {
  double alpha = 0;  // polar angle of the point before, seen from the middle of the field
  double beta = 0;   // heading of a car that drives along the road here, counter-clockwise, 0 = up
  double x = 0, y = 0;
};

// Counter-clockwise and closed: the last point joins the first.
using Track = std::vector<TrackPoint>;

struct WorldPoint {
  double x = 0, y = 0;
};
using Quad = std::array<WorldPoint, 4>;

// Takes 24 numbers an attempt, and as many attempts as the generator needs (1.05 on average).
Track make_track(Pcg64& rng);

// For tracks that come from outside: throws Error unless there are at least 8 points, all finite and on the field, and
// every tile has an area.
void check_track(const Track& track);

// 1 where tile i has a kerb: sharp turns of at least four tiles, and the three tiles before them.
std::vector<std::uint8_t> make_kerbs(const Track& track);

// Tile i joins point i to point i - 1. In a tight hairpin the quad crosses itself. half_width: of the road, metres.
Quad tile_quad(const Track& track, int i, double half_width = kTrackHalfWidth);
Quad kerb_quad(const Track& track, int i, double half_width = kTrackHalfWidth);

}  // namespace reverie
