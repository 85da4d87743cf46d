#include "env/car_racing/car_racing.h"

#include <box2d/box2d.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <utility>

#include "env/error.h"

namespace reverie {
namespace {

constexpr double kTimeStep = 1.0 / 50.0;
constexpr int kVelocityIterations = 6 * 30;
constexpr int kPositionIterations = 2 * 30;
constexpr double kStepCost = 0.1;
constexpr double kLapReward = 1000.0;
constexpr double kOffFieldReward = -100.0;

void draw_colors(Pcg64& rng, RaceLook& colors) {
  for (double& level : colors.road) {
    level = rng.uniform(0.0, 210.0);
  }
  for (double& level : colors.field) {
    level = rng.uniform(0.0, 210.0);
  }
  colors.grass = colors.field;
  colors.grass[rng.below(3)] += 20.0;
}

double one(const Schedule<Range>& schedule) {
  return static_cast<Range>(schedule);
}

std::array<double, 3> color_of(const std::vector<Range>& ranges) {
  return {ranges[0], ranges[1], ranges[2]};
}

RaceLook look_of(const CarRacingConfig& config) {
  RaceLook look;
  look.road = color_of(config.road_color);
  look.field = look.grass = color_of(config.grass_color);
  look.grass[1] = std::min(look.grass[1] + 26.0, 255.0);
  look.car = color_of(config.car_color);
  look.road_half_width = one(config.road_width) * kTrackHalfWidth;
  look.zoom = one(config.zoom);
  return look;
}

}  // namespace

// Tiles are the fixtures of one static body, in order, each with its index as user data.
class CarRacing::TileContacts : public b2ContactListener {
 public:
  explicit TileContacts(CarRacing& game) : game_(game) {}

  void add_tiles(b2World& world) {
    b2BodyDef road;
    road_ = world.CreateBody(&road);
    for (int i = 0; i < static_cast<int>(game_.track_.size()); ++i) {
      const Quad quad = tile_quad(game_.track_, i, one(game_.config_->road_width) * kTrackHalfWidth);
      std::array<b2Vec2, 4> vertices;
      for (std::size_t k = 0; k < quad.size(); ++k) {
        vertices[k].Set(static_cast<float>(quad[k].x), static_cast<float>(quad[k].y));
      }
      b2PolygonShape shape;
      shape.Set(vertices.data(), 4);
      b2FixtureDef tile;
      tile.shape = &shape;
      tile.isSensor = true;
      tile.userData.pointer = static_cast<std::uintptr_t>(i);
      road_->CreateFixture(&tile);
    }
  }

  void BeginContact(b2Contact* contact) override { touch(contact, true); }
  void EndContact(b2Contact* contact) override { touch(contact, false); }

 private:
  void touch(b2Contact* contact, bool begin) {
    b2Fixture* tile = contact->GetFixtureA();
    b2Fixture* other = contact->GetFixtureB();
    if (tile->GetBody() != road_) {
      std::swap(tile, other);
    }
    if (tile->GetBody() != road_) {
      return;
    }
    const int index = static_cast<int>(tile->GetUserData().pointer);
    game_.view_.flatten_shade(index);
    Wheel* wheel = reinterpret_cast<Wheel*>(other->GetBody()->GetUserData().pointer);
    if (wheel == nullptr) {
      return;  // only wheels visit tiles, the hull does not
    }
    wheel->tiles += begin ? 1 : -1;
    std::uint8_t& visited = game_.visited_[static_cast<std::size_t>(index)];
    if (!begin || visited) {
      return;
    }
    visited = 1;
    const double num_tiles = static_cast<double>(game_.track_.size());
    game_.total_reward_ += kLapReward / num_tiles;
    ++game_.tiles_visited_;
    if (index == 0 && game_.tiles_visited_ / num_tiles > game_.config_->lap_complete_percent) {
      game_.lap_completed_ = true;
    }
  }

  CarRacing& game_;
  b2Body* road_ = nullptr;
};

CarRacing::CarRacing(const CarRacingConfig& config) : contacts_(std::make_unique<TileContacts>(*this)) {
  configure(config);
  spec_.name = "car_racing";
  spec_.action_names = {"steer", "gas", "brake"};
  spec_.action_low = {-1.0f, 0.0f, 0.0f};
  spec_.action_high = {1.0f, 1.0f, 1.0f};
  spec_.max_episode_steps = 1000;
  spec_.best_return = kLapReward;  // all tiles, before what the steps cost
  spec_.native_height = spec_.native_width = CarRacingView::kNativeSize;
  spec_.has_instruments = true;
}

CarRacing::~CarRacing() = default;

void CarRacing::reset(std::uint64_t seed) {
  start(seed, std::nullopt);
}

void CarRacing::reset(std::uint64_t seed, Track track) {
  check_track(track);
  start(seed, std::move(track));
}

void CarRacing::start(std::uint64_t seed, std::optional<Track> track) {
  config_.begin(seed);
  RaceLook look = look_of(*config_);
  Pcg64 rng(seed);
  if (config_->domain_randomize) {
    draw_colors(rng, look);
  }
  track_ = track ? *std::move(track) : make_track(rng);
  kerbs_ = make_kerbs(track_);
  visited_.assign(track_.size(), 0);
  tiles_visited_ = 0;
  lap_completed_ = terminated_ = false;
  end_reason_ = {};
  total_reward_ = step_reward_ = counted_reward_ = 0.0;
  moment_ = {};
  view_.set_track(track_, kerbs_, look);

  car_.reset();
  world_ = std::make_unique<b2World>(b2Vec2(0.0f, 0.0f));
  world_->SetContactListener(contacts_.get());
  contacts_->add_tiles(*world_);
  const CarTuning tuning{one(config_->friction), one(config_->engine_power), one(config_->steering_response)};
  car_ = std::make_unique<Car>(*world_, track_[0].x, track_[0].y, track_[0].beta, tuning);
  advance();  // the reference's reset() ends with a step without an action
}

void CarRacing::advance() {
  car_->apply_forces(kTimeStep);
  world_->Step(static_cast<float>(kTimeStep), kVelocityIterations, kPositionIterations);
  moment_.time += kTimeStep;
  moment_.total_reward = total_reward_;  // the picture does not include this step's cost yet
}

StepResult CarRacing::step(std::span<const float> action) {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  REVERIE_CHECK(terminated_, ==, false);
  if (action.size() != spec_.action_names.size()) {
    throw Error(ErrorKind::data, str("car_racing: expected an action of 3 values, found ", action.size()));
  }
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (!std::isfinite(action[i])) {
      throw Error(ErrorKind::data, str("car_racing: expected a finite ", spec_.action_names[i], ", found ", action[i]));
    }
  }
  car_->control(action[0], action[1], action[2]);
  advance();

  total_reward_ -= kStepCost;
  step_reward_ = total_reward_ - counted_reward_;
  counted_reward_ = total_reward_;
  terminated_ = lap_completed_ || tiles_visited_ == static_cast<int>(track_.size());
  end_reason_ = terminated_ ? "lap done" : "";
  const Pose hull = car_->hull_pose();
  if (std::abs(static_cast<double>(hull.x)) > kPlayfield || std::abs(static_cast<double>(hull.y)) > kPlayfield) {
    terminated_ = true;
    end_reason_ = "left the field";
    step_reward_ = kOffFieldReward;
  }
  return {step_reward_, terminated_};
}

const std::vector<ProgressEntry>& CarRacing::progress_entries() const {
  static const std::vector<ProgressEntry> entries = {{"tiles_visited"}, {"num_tiles"}, {"lap_finished", true}};
  return entries;
}

void CarRacing::progress(std::span<double> values) const {
  REVERIE_CHECK(values.size(), ==, progress_entries().size());
  values[0] = tiles_visited_;
  values[1] = static_cast<double>(track_.size());
  // As the reference's info: said at the end alone, and of a car that left the field it is false.
  values[2] = !terminated_ ? std::numeric_limits<double>::quiet_NaN() : end_reason_ == "lap done" ? 1.0 : 0.0;
}

void CarRacing::draw(int height, int width, std::span<std::uint8_t> frame) const {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  view_.draw(*car_, moment_, height, width, frame);
}

void CarRacing::draw_native(std::span<std::uint8_t> frame, bool instruments) const {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  view_.draw_native(*car_, moment_, instruments, frame);
}

const std::vector<std::string>& CarRacing::truth_names() const {
  static const std::vector<std::string> names = {"speed",        "heading_rate", "wheel_angle",
                                                 "road_offset",  "road_angle",   "curvature",
                                                 "curvature_10", "curvature_20", "curvature_40"};
  return names;
}

std::size_t CarRacing::nearest_point() const {
  const Pose hull = car_->hull_pose();
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < track_.size(); ++i) {
    const double distance = std::hypot(track_[i].x - hull.x, track_[i].y - hull.y);
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return nearest;
}

void CarRacing::truth(std::span<float> values) const {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  REVERIE_CHECK(values.size(), ==, truth_names().size());
  const CarState state = car_->state();
  const std::size_t nearest = nearest_point();
  const TrackPoint& road = track_[nearest];
  const auto turn = [](double angle) { return std::remainder(angle, 2.0 * std::numbers::pi); };
  values[kSpeed] = std::hypot(state.velocity_x, state.velocity_y);
  values[kHeadingRate] = state.angular_velocity;
  values[kWheelAngle] = state.wheels[0].joint_angle;
  // A heading of beta looks along (-sin beta, cos beta); (-cos beta, -sin beta) is to its left.
  values[kRoadOffset] = static_cast<float>(-(static_cast<double>(state.x) - road.x) * std::cos(road.beta) -
                                           (static_cast<double>(state.y) - road.y) * std::sin(road.beta));
  values[kRoadAngle] = static_cast<float>(turn(static_cast<double>(state.angle) - road.beta));
  constexpr std::array<std::pair<Truth, double>, 4> kAhead = {
      {{kCurvature, 0.0}, {kCurvature10, 10.0}, {kCurvature20, 20.0}, {kCurvature40, 40.0}}};
  std::size_t at = nearest;
  double ahead = 0.0;
  for (const auto& [place, metres] : kAhead) {
    const auto next = [this](std::size_t i) { return (i + 1) % track_.size(); };
    const auto length = [&](std::size_t i) {
      return std::max(std::hypot(track_[next(i)].x - track_[i].x, track_[next(i)].y - track_[i].y), 1e-3);
    };
    for (std::size_t steps = 0; ahead < metres && steps < track_.size(); ++steps) {
      ahead += length(at);
      at = next(at);
    }
    values[place] = static_cast<float>(turn(track_[next(at)].beta - track_[at].beta) / length(at));
  }
}

std::array<float, 3> discrete_car_action(int action) {
  switch (action) {
    case 0:
      return {0.0f, 0.0f, 0.0f};
    case 1:
      return {0.6f, 0.0f, 0.0f};
    case 2:
      return {-0.6f, 0.0f, 0.0f};
    case 3:
      return {0.0f, 0.2f, 0.0f};
    case 4:
      return {0.0f, 0.0f, 0.8f};
    default:
      throw Error(ErrorKind::data, str("car_racing: expected a discrete action from 0 to 4, found ", action));
  }
}

}  // namespace reverie
