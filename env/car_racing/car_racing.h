// Car racing, seen from above: the car has to drive over every tile of a random track, as fast as it can.
//
// Gymnasium's CarRacing-v3: the same physics, tracks, rewards and end. One step is 1/50 s and costs 0.1; each new tile
// pays 1000 / tiles; leaving the field pays -100 and ends the episode, as does the last tile. A lap of n steps with
// every tile scores 1000 - 0.1 n. The clock is 1000 steps.
//
// Action: steer -1 (left) to 1 (right), gas 0 to 1, brake 0 to 1. Out of range: steer has no effect beyond 0.4, where
// the wheels reach their stops; gas is clipped and rises by at most 0.1 a step; a negative brake does nothing, from 0.9
// on it locks.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/car_racing/car.h"
#include "env/car_racing/car_racing_view.h"
#include "env/car_racing/track.h"
#include "env/fields.h"
#include "env/game.h"
#include "env/variation.h"

namespace reverie {

struct CarRacingConfig {
  // The car starts on tile 0, which therefore cannot be met again (Gymnasium's issue 1269, kept).
  double lap_complete_percent = 0.95;
  bool domain_randomize = false;

  // Factors of variation; the defaults are the reference's.
  Schedule<Range> friction{Range(1.0)}, engine_power{Range(1.0)}, steering_response{Range(1.0)};
  Schedule<Range> road_width{Range(1.0)}, zoom{Range(1.0)};
  std::vector<Range> road_color{102.0, 102.0, 102.0}, grass_color{102.0, 204.0, 102.0}, car_color{204.0, 0.0, 0.0};
};

inline std::vector<Field> fields(CarRacingConfig& c) {
  return {
      number_field("lap_complete_percent", c.lap_complete_percent, 0.0, 1.0,
                   "share of the tiles after which tile 0 completes a lap; of no effect in practice"),
      bool_field("domain_randomize", c.domain_randomize, "every episode has its own colours of road and grass"),
      range_field("friction", c.friction, 0.05, 3.0, "of the tyres on road and grass, share of the usual"),
      range_field("engine_power", c.engine_power, 0.1, 3.0, "share of the usual"),
      range_field("steering_response", c.steering_response, 0.1, 3.0, "how fast the wheels turn, share of the usual"),
      range_field("road_width", c.road_width, 0.3, 2.0, "share of the usual 13.3 m"),
      range_field("zoom", c.zoom, 0.5, 2.0, "of the camera, share of the usual"),
      range_field("road_color", c.road_color, 0.0, 255.0, "red, green, blue", 3),
      range_field("grass_color", c.grass_color, 0.0, 255.0, "red, green, blue; its lighter squares have 26 more green",
                  3),
      range_field("car_color", c.car_color, 0.0, 255.0, "red, green, blue", 3)};
}

class CarRacing : public Game {
 public:
  explicit CarRacing(const CarRacingConfig& config = {});
  ~CarRacing() override;

  const GameSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;      // Gymnasium's track of that seed
  void reset(std::uint64_t seed, Track track);  // a track of one's own; the seed still draws random colours
  StepResult step(std::span<const float> action) override;
  void draw(int height, int width, std::span<std::uint8_t> frame) const override;
  void draw_native(std::span<std::uint8_t> frame, bool instruments) const override;
  std::string_view end_reason() const override { return end_reason_; }
  void configure(const std::any& config) override { config_.set(config); }
  std::any episode_config() const override { return *config_; }
  const std::vector<ProgressEntry>& progress_entries() const override;
  void progress(std::span<double> values) const override;

  // Places in truth(). Angles and turns are counter-clockwise where positive, metres and radians.
  enum Truth {
    kSpeed,        // of the hull, m/s
    kHeadingRate,  // rad/s
    kWheelAngle,   // of the front wheels against the hull
    kRoadOffset,   // of the hull from the middle of the road, to the left where positive, m
    kRoadAngle,    // of the hull against the road
    kCurvature,    // of the road at the car, and 10, 20 and 40 m ahead: 1/m
    kCurvature10,
    kCurvature20,
    kCurvature40,
    kTruths
  };
  const std::vector<std::string>& truth_names() const override;
  void truth(std::span<float> values) const override;

  const Track& track() const { return track_; }
  const std::vector<std::uint8_t>& kerbs() const { return kerbs_; }      // [tiles]
  const std::vector<std::uint8_t>& visited() const { return visited_; }  // [tiles]
  int tiles_visited() const { return tiles_visited_; }
  CarState car_state() const { return car_->state(); }
  double step_reward() const { return step_reward_; }
  const b2World& world() const { return *world_; }  // its profile says what the last step's physics cost

 private:
  class TileContacts;
  void start(std::uint64_t seed, std::optional<Track> track);
  void advance();
  std::size_t nearest_point() const;  // of the track, to the hull

  EpisodeConfig<CarRacingConfig> config_;
  GameSpec spec_;

  // The episode.
  Track track_;
  std::vector<std::uint8_t> kerbs_, visited_;
  int tiles_visited_ = 0;
  bool lap_completed_ = false, terminated_ = false;
  std::string_view end_reason_;
  double total_reward_ = 0, step_reward_ = 0, counted_reward_ = 0;
  RaceMoment moment_;
  std::unique_ptr<TileContacts> contacts_;
  std::unique_ptr<b2World> world_;
  std::unique_ptr<Car> car_;
  mutable CarRacingView view_;  // keeps its scratch memory between frames
};

constexpr int kDiscreteCarActions = 5;
// Gymnasium's five actions: 0 nothing, 1 right, 2 left, 3 gas, 4 brake. Throws Error for any other.
std::array<float, 3> discrete_car_action(int action);

}  // namespace reverie
