#include "env/car_racing/track.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "env/error.h"

namespace reverie {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kCheckpoints = 12;
constexpr double kScale = 6.0;
constexpr double kTrackRadius = 900.0 / kScale;
constexpr double kDetailStep = 21.0 / kScale;  // distance between points
constexpr double kTurnRate = 0.31;             // largest change of heading per point
constexpr double kStartAlpha = 2.0 * kPi * -0.5 / kCheckpoints;
constexpr double kKerbTurn = 0.31 * 0.2;  // a turn sharper than this per point gets a kerb
constexpr int kKerbTiles = 4;

struct Checkpoint {
  double alpha, x, y;
};

std::array<Checkpoint, kCheckpoints> draw_checkpoints(Pcg64& rng) {
  std::array<Checkpoint, kCheckpoints> checkpoints;
  for (int c = 0; c < kCheckpoints; ++c) {
    const double noise = rng.uniform(0.0, 2.0 * kPi * 1.0 / kCheckpoints);
    double radius = rng.uniform(kTrackRadius / 3.0, kTrackRadius);
    double alpha = 2.0 * kPi * c / kCheckpoints + noise;
    if (c == 0 || c == kCheckpoints - 1) {
      alpha = 2.0 * kPi * c / kCheckpoints;
      radius = 1.5 * kTrackRadius;
    }
    checkpoints[c] = {alpha, radius * std::cos(alpha), radius * std::sin(alpha)};
  }
  return checkpoints;
}

// Walks from checkpoint to checkpoint, turning towards each, for more than four laps.
Track walk(const std::array<Checkpoint, kCheckpoints>& checkpoints) {
  Track track;
  double x = 1.5 * kTrackRadius;
  double y = 0.0;
  double beta = 0.0;
  int target = 0;
  int laps = 0;
  bool other_side = false;
  for (int budget = 2500; budget > 0 && laps <= 4; --budget) {
    double alpha = std::atan2(y, x);
    if (other_side && alpha > 0.0) {
      ++laps;
      other_side = false;
    }
    if (alpha < 0.0) {
      other_side = true;
      alpha += 2.0 * kPi;
    }
    while (alpha > checkpoints[target % kCheckpoints].alpha) {
      ++target;
      if (target % kCheckpoints == 0) {
        alpha -= 2.0 * kPi;
      }
    }
    const Checkpoint& to = checkpoints[target % kCheckpoints];
    const double radial_x = std::cos(beta);
    const double radial_y = std::sin(beta);
    const double offset = kScale * (radial_x * (to.x - x) + radial_y * (to.y - y));
    while (beta - alpha > 1.5 * kPi) {
      beta -= 2.0 * kPi;
    }
    while (beta - alpha < -1.5 * kPi) {
      beta += 2.0 * kPi;
    }
    const double previous = beta;
    const double turn = std::min(kTurnRate, std::abs(0.001 * offset));
    if (offset > 0.3) {
      beta -= turn;
    }
    if (offset < -0.3) {
      beta += turn;
    }
    x += -radial_y * kDetailStep;
    y += radial_x * kDetailStep;
    track.push_back({alpha, previous * 0.5 + beta * 0.5, x, y});
  }
  return track;
}

// The last whole lap of a walk, if there is one and its ends meet.
std::optional<Track> cut_lap(const Track& walked) {
  std::ptrdiff_t second = -1;
  for (std::ptrdiff_t i = std::ssize(walked) - 1; i > 0; --i) {
    if (!(walked[i].alpha > kStartAlpha && walked[i - 1].alpha <= kStartAlpha)) {
      continue;
    }
    if (second < 0) {
      second = i;
      continue;
    }
    if (second - 1 <= i) {
      return std::nullopt;
    }
    Track lap(walked.begin() + i, walked.begin() + second - 1);
    // This is not exactly the gap across the road, but it is what the reference computes.
    const double gap_x = std::cos(lap.front().beta) * (lap.front().x - lap.back().x);
    const double gap_y = std::sin(lap.front().beta) * (lap.front().y - lap.back().y);
    if (std::sqrt(gap_x * gap_x + gap_y * gap_y) > kDetailStep) {
      return std::nullopt;
    }
    return lap;
  }
  return std::nullopt;
}

// The point at `offset` metres to the right of the centre line.
WorldPoint beside(const TrackPoint& point, double offset) {
  return {point.x + offset * std::cos(point.beta), point.y + offset * std::sin(point.beta)};
}

double triangle_area(const WorldPoint& a, const WorldPoint& b, const WorldPoint& c) {
  return 0.5 * std::abs((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y));
}

const TrackPoint& wrapped(const Track& track, int i) {
  const int size = static_cast<int>(track.size());
  return track[static_cast<std::size_t>((i % size + size) % size)];
}

}  // namespace

Track make_track(Pcg64& rng) {
  while (true) {
    if (std::optional<Track> lap = cut_lap(walk(draw_checkpoints(rng)))) {
      return *std::move(lap);
    }
  }
}

void check_track(const Track& track) {
  constexpr std::size_t kMinPoints = 8;
  constexpr std::size_t kMaxPoints = 5000;
  constexpr double kMinArea = 0.1;  // square metres; Box2D needs a tile that has an inside
  const auto expect = [](bool holds, std::size_t i, const auto&... what) {
    if (!holds) {
      throw Error(ErrorKind::data, str("track, point ", i, ": ", what...));
    }
  };
  if (track.size() < kMinPoints || track.size() > kMaxPoints) {
    throw Error(ErrorKind::data,
                str("track: expected ", kMinPoints, " to ", kMaxPoints, " points, found ", track.size()));
  }
  for (std::size_t i = 0; i < track.size(); ++i) {
    const TrackPoint& p = track[i];
    expect(std::isfinite(p.alpha) && std::isfinite(p.beta), i, "expected finite angles, found ", p.alpha, " and ",
           p.beta);
    expect(std::abs(p.x) <= kPlayfield && std::abs(p.y) <= kPlayfield, i, "expected x and y within +-", kPlayfield,
           ", found ", p.x, " and ", p.y);
  }
  for (std::size_t i = 0; i < track.size(); ++i) {
    const Quad q = tile_quad(track, static_cast<int>(i));
    const double area = std::max({triangle_area(q[0], q[1], q[2]), triangle_area(q[1], q[2], q[3]),
                                  triangle_area(q[2], q[3], q[0]), triangle_area(q[3], q[0], q[1])});
    expect(area >= kMinArea, i, "expected a tile that has an area, found one of ", area, " square metres");
  }
}

std::vector<std::uint8_t> make_kerbs(const Track& track) {
  const int size = static_cast<int>(track.size());
  std::vector<std::uint8_t> kerbs(track.size());
  for (int i = 0; i < size; ++i) {
    bool sharp = true;
    int side = 0;
    for (int k = 0; k < kKerbTiles; ++k) {
      const double turn = wrapped(track, i - k).beta - wrapped(track, i - k - 1).beta;
      sharp = sharp && std::abs(turn) > kKerbTurn;
      side += (turn > 0.0) - (turn < 0.0);
    }
    kerbs[i] = sharp && std::abs(side) == kKerbTiles;
  }
  // In place, as in the reference: entries that wrap around to the end of the list are read again when the loop gets
  // there.
  for (int i = 0; i < size; ++i) {
    for (int k = 0; k < kKerbTiles; ++k) {
      kerbs[(i - k + size) % size] |= kerbs[i];
    }
  }
  return kerbs;
}

Quad tile_quad(const Track& track, int i, double half_width) {
  const TrackPoint& p1 = wrapped(track, i);
  const TrackPoint& p2 = wrapped(track, i - 1);
  return {beside(p1, -half_width), beside(p1, half_width), beside(p2, half_width), beside(p2, -half_width)};
}

Quad kerb_quad(const Track& track, int i, double half_width) {
  const TrackPoint& p1 = wrapped(track, i);
  const TrackPoint& p2 = wrapped(track, i - 1);
  const double side = (p2.beta > p1.beta) - (p2.beta < p1.beta);
  const double inner = side * half_width, outer = side * (half_width + kKerbWidth);
  return {beside(p1, inner), beside(p1, outer), beside(p2, outer), beside(p2, inner)};
}

}  // namespace reverie
