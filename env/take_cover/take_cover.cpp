#include "env/take_cover/take_cover.h"

#include <box2d/box2d.h>

#include <algorithm>
#include <cmath>

#include "env/error.h"

namespace reverie {
namespace {

constexpr double kTicsPerSecond = 35.0;
constexpr double kPush = 0.0234375;  // the usual one
constexpr double kDrag = 0.90625;    // what is left of the velocity after a tic
constexpr double kFirstShooterY = 2.125, kShooterSpan = 19.75;
constexpr double kShooterSpacing = 1.25;
constexpr int kWindUp = 16, kRecovery = 9, kLookAgain = 3;  // tics
constexpr int kFullHealth = 100, kHitUnit = 21;

float per_second(double per_tic) {
  return static_cast<float>(kTicsPerSecond * per_tic);
}

}  // namespace

TakeCover::TakeCover(const TakeCoverConfig& config) : view_(config.view_angle) {
  configure(config);
  spec_.name = "take_cover";
  spec_.action_names = {"move"};
  spec_.action_low = {-1.0f};
  spec_.action_high = {1.0f};
  spec_.max_episode_steps = config.max_episode_steps;
  spec_.steps_per_second = kTicsPerSecond;
  spec_.step_name = "tic";
  spec_.best_return = config.max_episode_steps;
  spec_.native_height = spec_.native_width = 64;
}

TakeCover::~TakeCover() = default;

void TakeCover::reset(std::uint64_t seed) {
  config_.begin(seed);
  fire_chance_ = static_cast<Range>(config_->fire_chance);
  fireball_speed_ = static_cast<Range>(config_->fireball_speed);
  push_ = kPush * static_cast<Range>(config_->player_speed);
  rng_ = Pcg64(seed);
  fireballs_.clear();
  shooters_.clear();
  world_ = std::make_unique<b2World>(b2Vec2(0.0f, 0.0f));
  world_->SetAllowSleeping(false);
  // Bodies do not collide. The side walls stop the player at an exact place, and a hit is decided by the distance after
  // the step, because Box2D's contacts come a step late and include the skin of its shapes.
  b2BodyDef player;
  player.type = b2_dynamicBody;
  player.fixedRotation = true;
  player.position.Set(static_cast<float>(kPlayerX), static_cast<float>(0.5 * kRoomWidth));
  player_ = world_->CreateBody(&player);
  b2CircleShape circle;
  circle.m_radius = static_cast<float>(kPlayerRadius);
  player_->CreateFixture(&circle, 1.0f)->SetSensor(true);
  velocity_ = 0.0;
  tic_ = 0;
  health_ = kFullHealth;
  terminated_ = false;
  for (const double y : {kFirstShooterY, 0.5 * kRoomWidth, kFirstShooterY + kShooterSpan}) {
    place_shooter(y);
  }
}

double TakeCover::player_y() const {
  return static_cast<double>(player_->GetPosition().y);
}

std::vector<TakeCover::Fireball> TakeCover::fireballs() const {
  std::vector<Fireball> all;
  for (const b2Body* body : fireballs_) {
    const b2Vec2 position = body->GetPosition(), velocity = body->GetLinearVelocity();
    all.push_back({static_cast<double>(position.x), static_cast<double>(position.y),
                   static_cast<double>(velocity.x) / kTicsPerSecond, static_cast<double>(velocity.y) / kTicsPerSecond});
  }
  return all;
}

const std::vector<std::string>& TakeCover::truth_names() const {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = {"player_y", "player_velocity"};
    for (int i = 1; i <= kNearest; ++i) {
      for (const char* what : {"there", "x", "y", "velocity_x", "velocity_y"}) {
        all.push_back(str("fireball_", i, "_", what));
      }
    }
    return all;
  }();
  return names;
}

void TakeCover::truth(std::span<float> values) const {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  REVERIE_CHECK(values.size(), ==, truth_names().size());
  std::vector<Fireball> near = fireballs();
  const double y = player_y();
  const auto distance = [y](const Fireball& ball) { return std::hypot(ball.x - kPlayerX, ball.y - y); };
  std::stable_sort(near.begin(), near.end(),
                   [&](const Fireball& a, const Fireball& b) { return distance(a) < distance(b); });
  near.resize(std::min(near.size(), static_cast<std::size_t>(kNearest)));
  std::fill(values.begin(), values.end(), 0.0f);
  values[0] = static_cast<float>(y);
  values[1] = static_cast<float>(velocity_);
  std::size_t at = 2;
  for (const Fireball& ball : near) {
    for (const double value : {1.0, ball.x, ball.y, ball.velocity_x, ball.velocity_y}) {
      values[at++] = static_cast<float>(value);
    }
  }
}

StepResult TakeCover::step(std::span<const float> action) {
  REVERIE_CHECK(world_ != nullptr, ==, true);
  REVERIE_CHECK(terminated_, ==, false);
  if (action.size() != 1 || !std::isfinite(action[0])) {
    throw Error(ErrorKind::data, str("take_cover: expected one finite number as action, found ", action.size(),
                                     action.empty() ? "" : str(", the first ", action[0])));
  }
  constexpr float kDead = 1.0f / 3.0f;
  const double push = action[0] < -kDead ? push_ : action[0] > kDead ? -push_ : 0.0;
  if (tic_ > 0 && tic_ % config_->spawn_interval == 0) {
    spawn();
  }
  for (Shooter& shooter : shooters_) {
    act(shooter);
  }
  move_player(push);
  terminated_ = take_hits();
  remove_spent();
  ++tic_;
  return {1.0, terminated_};
}

void TakeCover::place_shooter(double y) {
  shooters_.push_back({y, Shooter::idle, 24 + static_cast<int>(10.0 * rng_.uniform())});
}

void TakeCover::spawn() {
  const double y = kFirstShooterY + kShooterSpan * rng_.uniform();
  const bool free = std::all_of(shooters_.begin(), shooters_.end(),
                                [y](const Shooter& other) { return std::abs(y - other.y) >= kShooterSpacing; });
  if (free) {
    place_shooter(y);
  }
}

void TakeCover::act(Shooter& shooter) {
  if (--shooter.timer > 0) {
    return;
  }
  switch (shooter.state) {
    case Shooter::idle:
      if (rng_.uniform() < fire_chance_) {
        shooter.state = Shooter::wind_up;
        shooter.timer = kWindUp;
      } else {
        shooter.timer = kLookAgain * (1 + static_cast<int>(16.0 * rng_.uniform()));
      }
      return;
    case Shooter::wind_up:
      launch(shooter.y);
      shooter.state = Shooter::recover;
      shooter.timer = kRecovery;
      return;
    case Shooter::recover:
      shooter.state = Shooter::idle;
      shooter.timer = kLookAgain;
  }
}

void TakeCover::launch(double y) {
  const double dx = kPlayerX - kShooterX, dy = player_y() - y;
  const double scale = fireball_speed_ / std::hypot(dx, dy);
  b2BodyDef fireball;
  fireball.type = b2_kinematicBody;
  fireball.position.Set(static_cast<float>(kShooterX), static_cast<float>(y));
  fireball.linearVelocity.Set(per_second(scale * dx), per_second(scale * dy));
  fireballs_.push_back(world_->CreateBody(&fireball));
  b2CircleShape circle;
  circle.m_radius = static_cast<float>(config_->hit_radius);
  fireballs_.back()->CreateFixture(&circle, 0.0f)->SetSensor(true);
}

void TakeCover::move_player(double push) {
  velocity_ += push;
  player_->SetLinearVelocity(b2Vec2(0.0f, per_second(velocity_)));
  world_->Step(static_cast<float>(1.0 / kTicsPerSecond), 8, 3);
  const double y = std::clamp(player_y(), kPlayerRadius, kRoomWidth - kPlayerRadius);
  if (y != player_y()) {
    player_->SetTransform(b2Vec2(static_cast<float>(kPlayerX), static_cast<float>(y)), 0.0f);
    velocity_ = 0.0;
  }
  velocity_ *= kDrag;
}

bool TakeCover::take_hits() {
  const float reach = static_cast<float>(kPlayerRadius + config_->hit_radius);
  const auto hits = [&](const b2Body* fireball) {
    return b2Distance(fireball->GetPosition(), player_->GetPosition()) < reach;
  };
  if (config_->damage == TakeCoverDamage::one_hit) {
    return std::any_of(fireballs_.begin(), fireballs_.end(), hits);
  }
  std::erase_if(fireballs_, [&](b2Body* fireball) {
    if (!hits(fireball)) {
      return false;
    }
    health_ -= kHitUnit * (1 + static_cast<int>(8.0 * rng_.uniform()));
    world_->DestroyBody(fireball);
    return true;
  });
  return health_ <= 0;
}

void TakeCover::remove_spent() {
  constexpr float kMargin = 0.25f, kFarSide = static_cast<float>(kRoomWidth) - kMargin;
  std::erase_if(fireballs_, [&](b2Body* fireball) {
    const b2Vec2 at = fireball->GetPosition();
    if (at.x > kMargin && at.y > kMargin && at.y < kFarSide) {
      return false;
    }
    world_->DestroyBody(fireball);
    return true;
  });
}

TakeCoverScene TakeCover::scene() const {
  TakeCoverScene scene;
  scene.player_y = player_y();
  for (const Shooter& shooter : shooters_) {
    scene.shooters.push_back({shooter.y, shooter.state == Shooter::wind_up});
  }
  for (const Fireball& fireball : fireballs()) {
    scene.fireballs.push_back({fireball.x, fireball.y});
  }
  return scene;
}

const std::vector<ProgressEntry>& TakeCover::progress_entries() const {
  static const std::vector<ProgressEntry> entries = {{"health"}};
  return entries;
}

void TakeCover::progress(std::span<double> values) const {
  REVERIE_CHECK(values.size(), ==, progress_entries().size());
  values[0] = config_->damage == TakeCoverDamage::one_hit && terminated_ ? 0 : std::max(health_, 0);
}

void TakeCover::draw(int height, int width, std::span<std::uint8_t> frame) const {
  view_.draw(scene(), height, width, frame);
}

void TakeCover::draw_above(int height, int width, std::span<std::uint8_t> frame) const {
  draw_take_cover_above(scene(), height, width, frame);
}

float discrete_take_cover_action(int action) {
  switch (action) {
    case 0:
      return 0.0f;
    case 1:
      return -1.0f;
    case 2:
      return 1.0f;
  }
  throw Error(ErrorKind::data, str("take_cover: expected a discrete action from 0 to 2, found ", action));
}

}  // namespace reverie
