#include "env/take_cover/take_cover_trace.h"

#include "env/error.h"
#include "env/take_cover/take_cover.h"

namespace reverie {
namespace {

Record everything(const TakeCover& game) {
  Record::List shooters, fire;
  for (const TakeCover::Shooter& shooter : game.shooters()) {
    shooters.push_back(record_list(shooter.y, static_cast<int>(shooter.state), shooter.timer));
  }
  for (const TakeCover::Fireball& ball : game.fireballs()) {
    fire.push_back(record_list(ball.x, ball.y, ball.velocity_x, ball.velocity_y));
  }
  return Record::Members{{"t", game.tic()}, {"shooters", shooters}, {"fire", fire}};
}

class TakeCoverTracer : public GameTracer {
 public:
  const Game& game() const override { return game_; }

  void reset(std::uint64_t seed, const Record* scene) override {
    if (scene != nullptr) {
      throw Error(ErrorKind::usage, "--scene: take_cover takes none");
    }
    seed_ = seed;
    game_.reset(seed);
  }

  void step(std::span<const float> action) override {
    died_ = game_.step(action).terminated;
    actions_.push_back(action[0] < -1.0f / 3.0f ? 1 : action[0] > 1.0f / 3.0f ? -1 : 0);
    y_.push_back(game_.player_y());
    v_.push_back(game_.player_velocity());
    num_shooters_.push_back(game_.shooters().size());
    num_fire_.push_back(game_.fireballs().size());
    if (died_ || game_.tic() % kFullEvery == 0) {
      full_.push_back(everything(game_));
      full_at_ = game_.tic();
    }
  }

  bool over() const override { return died_ || game_.tic() >= game_.spec().max_episode_steps; }

  Record::Members head() const override { return {{"env", "take_cover"}}; }

  Record::Members run() const override {
    Record::List full = full_;
    if (full_at_ != game_.tic()) {
      full.push_back(everything(game_));
    }
    return {{"policy", "trace"},
            {"seed", seed_},
            {"steps", game_.tic()},
            {"died", died_},
            {"actions", actions_},
            {"y", y_},
            {"v", v_},
            {"n_shooters", num_shooters_},
            {"n_fire", num_fire_},
            {"full", full}};
  }

  bool draw_above(int& height, int& width, std::vector<std::uint8_t>& frame) const override {
    height = 300;
    width = 400;
    frame.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    game_.draw_above(height, width, frame);
    return true;
  }

 private:
  static constexpr int kFullEvery = 20;
  TakeCover game_;
  std::uint64_t seed_ = 0;
  Record::List actions_, y_, v_, num_shooters_, num_fire_, full_;
  int full_at_ = 0;  // tic of the last row of full_
  bool died_ = false;
};

}  // namespace

std::unique_ptr<GameTracer> make_take_cover_tracer() {
  return std::make_unique<TakeCoverTracer>();
}

}  // namespace reverie
