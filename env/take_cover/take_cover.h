// Take cover: the player stands in a room and has to step aside from the fireballs of a row of shooters at its far end.
//
// An analogue of ViZDoom's take_cover, the second experiment of World Models (Ha and Schmidhuber 2018). One step is one
// tic of 1/35 s and pays 1. The player stands at x = 1 and slides along y; shooters stand at x = 16 and one more comes
// every 60 tics, so the danger grows. A fireball flies straight to where the player was at its launch. Rules, in the
// order of a tic: spawn, shooters, the player's push, physics, walls and drag, hits, fireballs that left. Random
// policies (held_uniform, 1 to 10 tics) live 208 +- 106 tics. The clock is 2,100 tics.
//
// Action: one number, below -1/3 left (+y, for the player faces +x), above 1/3 right, else stay. Out of range is
// clamped, which changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/fields.h"
#include "env/game.h"
#include "env/random.h"
#include "env/take_cover/take_cover_view.h"
#include "env/variation.h"

class b2World;
class b2Body;

namespace reverie {

enum class TakeCoverDamage {
  one_hit,  // one fireball kills
  doom      // health 100; a fireball takes 21 to 168 in steps of 21: the closer copy, with fire_chance 56/256
};

struct TakeCoverConfig {
  int spawn_interval = 60;
  // Factors of variation.
  Schedule<Range> fire_chance{Range(9.0 / 32.0)}, fireball_speed{Range(0.3125)}, player_speed{Range(1.0)};
  double hit_radius = 0.25;
  double view_angle = 90.0;
  int max_episode_steps = 2100;
  TakeCoverDamage damage = TakeCoverDamage::one_hit;
};

inline std::vector<Field> fields(TakeCoverConfig& c) {
  return {number_field("spawn_interval", c.spawn_interval, 1, 1000000, "tics until one more shooter comes"),
          range_field("fire_chance", c.fire_chance, 0.0, 1.0, "that an idle shooter fires, each time it decides"),
          range_field("fireball_speed", c.fireball_speed, 0.01, 2.0, "metres a tic"),
          range_field("player_speed", c.player_speed, 0.1, 4.0, "how fast the player steps, share of the usual"),
          number_field("hit_radius", c.hit_radius, 0.0, 5.0, "of a fireball, metres; the player's is 0.5"),
          number_field("view_angle", c.view_angle, 10.0, 170.0, "degrees, of the picture's width"),
          number_field("max_episode_steps", c.max_episode_steps, 1, 1000000, "tics of the game's clock"),
          choice_field("damage", c.damage, {"one_hit", "doom"}, "one fireball kills, or takes from a health of 100")};
}

class TakeCover : public Game {
 public:
  explicit TakeCover(const TakeCoverConfig& config = {});
  ~TakeCover() override;

  const GameSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  StepResult step(std::span<const float> action) override;
  void draw(int height, int width, std::span<std::uint8_t> frame) const override;
  std::string_view end_reason() const override { return terminated_ ? "hit" : ""; }
  void configure(const std::any& config) override { config_.set(config); }
  std::any episode_config() const override { return *config_; }
  const std::vector<ProgressEntry>& progress_entries() const override;
  void progress(std::span<double> values) const override;
  // player_y (m) and player_velocity (m a tic); then of the kNearest fireballs that are nearest to the player, in that
  // order: fireball_1_there (1; all values of one that is not there are 0), _x, _y (m), _velocity_x, _velocity_y (m a
  // tic), and so on.
  static constexpr int kNearest = 4;
  const std::vector<std::string>& truth_names() const override;
  void truth(std::span<float> values) const override;
  // From above, for people: the shooters' row on top, the player at the bottom, +y to the left.
  void draw_above(int height, int width, std::span<std::uint8_t> frame) const;

  // For tests and records, never for agents.
  struct Shooter {
    enum State { idle, wind_up, recover };
    double y = 0;
    State state = idle;
    int timer = 0;  // tics until it acts
  };
  struct Fireball {
    double x = 0, y = 0;                    // metres
    double velocity_x = 0, velocity_y = 0;  // metres a tic
  };
  int tic() const { return tic_; }
  double player_y() const;
  double player_velocity() const { return velocity_; }  // metres a tic, after the drag
  int health() const { return health_; }
  const std::vector<Shooter>& shooters() const { return shooters_; }  // in the order they came
  std::vector<Fireball> fireballs() const;                            // in the order they were launched

 private:
  void place_shooter(double y);
  void spawn();
  void act(Shooter& shooter);
  void launch(double y);
  void move_player(double push);
  bool take_hits();  // whether the player died
  void remove_spent();
  TakeCoverScene scene() const;

  EpisodeConfig<TakeCoverConfig> config_;
  GameSpec spec_;

  // The episode.
  double fire_chance_ = 0, fireball_speed_ = 0, push_ = 0;  // push_: of one tic's action on the velocity, metres a tic
  Pcg64 rng_{0};
  std::unique_ptr<b2World> world_;
  b2Body* player_ = nullptr;
  std::vector<b2Body*> fireballs_;
  std::vector<Shooter> shooters_;
  double velocity_ = 0;
  int tic_ = 0, health_ = 100;
  bool terminated_ = false;
  mutable TakeCoverView view_;  // keeps its scratch memory between frames
};

constexpr int kDiscreteTakeCoverActions = 3;
// The discrete form: 0 stay, 1 left, 2 right. Throws Error for any other.
float discrete_take_cover_action(int action);

}  // namespace reverie
