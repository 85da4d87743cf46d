#include "env/car_racing/car_racing_trace.h"

#include "env/car_racing/car_racing.h"
#include "env/error.h"

namespace reverie {
namespace {

double number(const Record& record, const char* what) {
  if (const auto* whole = std::get_if<std::int64_t>(&record.value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* whole = std::get_if<std::uint64_t>(&record.value)) {
    return static_cast<double>(*whole);
  }
  if (const auto* real = std::get_if<double>(&record.value)) {
    return *real;
  }
  throw Error(ErrorKind::data, what);
}

Track read_track(const Record& scene) {
  constexpr const char* kExpected = "expected a track, rows of [alpha, beta, x, y]";
  const Record* named = scene.find("track");
  const auto* rows = std::get_if<Record::List>(&(named != nullptr ? *named : scene).value);
  if (rows == nullptr) {
    throw Error(ErrorKind::data, kExpected);
  }
  Track track;
  for (const Record& record : *rows) {
    const auto* row = std::get_if<Record::List>(&record.value);
    if (row == nullptr || row->size() != 4) {
      throw Error(ErrorKind::data, str(kExpected, ", found something else in row ", track.size()));
    }
    track.push_back({number((*row)[0], kExpected), number((*row)[1], kExpected), number((*row)[2], kExpected),
                     number((*row)[3], kExpected)});
  }
  return track;
}

class CarRacingTracer : public GameTracer {
 public:
  const Game& game() const override { return game_; }

  void reset(std::uint64_t seed, const Record* scene) override {
    if (scene == nullptr) {
      game_.reset(seed);
    } else {
      game_.reset(seed, read_track(*scene));
    }
    first_visit_.assign(game_.track().size(), -1);
    record();
  }

  void step(std::span<const float> action) override {
    over_ = game_.step(action).terminated;
    actions_.push_back(record_list(action[0], action[1], action[2]));
    reward_.push_back(game_.step_reward());
    terminated_.push_back(over_);
    score_ += game_.step_reward();
    record();
  }

  bool over() const override { return over_; }

  Record::Members head() const override {
    Record::List track;
    for (const TrackPoint& point : game_.track()) {
      track.push_back(record_list(point.alpha, point.beta, point.x, point.y));
    }
    return {{"env", "CarRacing-v3"}, {"track", track}, {"border", record_list_of(game_.kerbs())}};
  }

  Record::Members run() const override {
    return {{"name", "trace"},
            {"actions", actions_},
            {"hull", hull_},
            {"wheels", wheels_},
            {"reward", reward_},
            {"terminated", terminated_},
            {"tiles_visited", tiles_visited_},
            {"first_visit", record_list_of(first_visit_)},
            {"score", score_}};
  }

 private:
  void record() {
    const CarState state = game_.car_state();
    const int step = static_cast<int>(hull_.size());
    hull_.push_back(
        record_list(state.x, state.y, state.angle, state.velocity_x, state.velocity_y, state.angular_velocity));
    Record::List wheels;
    for (const CarState::WheelState& wheel : state.wheels) {
      wheels.push_back(record_list(wheel.omega, wheel.phase, wheel.joint_angle, wheel.tiles));
    }
    wheels_.push_back(std::move(wheels));
    tiles_visited_.push_back(game_.tiles_visited());
    for (std::size_t i = 0; i < first_visit_.size(); ++i) {
      if (first_visit_[i] < 0 && game_.visited()[i] != 0) {
        first_visit_[i] = step;
      }
    }
  }

  CarRacing game_;
  Record::List actions_, hull_, wheels_, reward_, terminated_, tiles_visited_;
  std::vector<int> first_visit_;
  double score_ = 0;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<GameTracer> make_car_racing_tracer() {
  return std::make_unique<CarRacingTracer>();
}

}  // namespace reverie
