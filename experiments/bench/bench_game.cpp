// The game's rows of the benchmark: recorded drives, resets apart.
#include <box2d/box2d.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "env/atomic_file.h"
#include "env/car_racing/car_racing.h"
#include "env/error.h"
#include "experiments/bench/bench.h"
#include "worldmodel/vae_mdn_rnn/vae.h"

namespace reverie {
namespace {

// One drive after the other; what the physics took of it is counted beside.
class Driver {
 public:
  enum class Picture { none, model, native };

  Driver(const std::vector<Drive>& drives, Picture picture) : drives_(drives), picture_(picture) {
    frame_.resize(static_cast<std::size_t>(picture == Picture::native ? 96 * 96 * 3 : 3 * kFrameSize * kFrameSize));
  }

  Measurement measurement() {
    return timed([this] { return play(); },
                 [this] {
                   drive_ = (drive_ + 1) % drives_.size();
                   game_.reset(drives_[drive_].seed);
                 });
  }
  double physics_rate() const { return steps_ / physics_seconds_; }

 private:
  double play() {
    for (const std::vector<float>& action : drives_[drive_].actions) {
      game_.step(action);
      physics_seconds_ += 1e-3 * static_cast<double>(game_.world().GetProfile().step);
      if (picture_ == Picture::model) {
        game_.draw(kFrameSize, kFrameSize, frame_);
      } else if (picture_ == Picture::native) {
        game_.draw_native(frame_);
      }
    }
    steps_ += static_cast<double>(drives_[drive_].actions.size());
    return static_cast<double>(drives_[drive_].actions.size());
  }

  const std::vector<Drive>& drives_;
  Picture picture_;
  CarRacing game_;
  std::vector<std::uint8_t> frame_;
  std::size_t drive_ = 0;
  double steps_ = 0, physics_seconds_ = 0;
};

// Box2D's share of a reset: a world with a sensor for each tile of the track.
void build_world(const Track& track) {
  b2World world(b2Vec2(0.0f, 0.0f));
  b2BodyDef road;
  b2Body* body = world.CreateBody(&road);
  for (int i = 0; i < static_cast<int>(track.size()); ++i) {
    const Quad quad = tile_quad(track, i);
    b2Vec2 vertices[4];
    for (std::size_t k = 0; k < quad.size(); ++k) {
      vertices[k].Set(static_cast<float>(quad[k].x), static_cast<float>(quad[k].y));
    }
    b2PolygonShape shape;
    shape.Set(vertices, 4);
    body->CreateFixture(&shape, 0.0f)->SetSensor(true);
  }
}

}  // namespace

std::vector<Drive> recorded_drives() {
  std::vector<Drive> drives;
  for (const std::uint64_t seed : {11, 42}) {
    const std::string path = str(REVERIE_SOURCE_DIR, "/tests/data/car_racing/seed_", seed, ".json");
    const nlohmann::json record = nlohmann::json::parse(read_file(path, 16 << 20));
    for (const nlohmann::json& run : record.at("runs")) {
      const std::string name = run.at("name");
      if (name == "follow" || name == "offroad") {
        drives.push_back({seed, run.at("actions").get<std::vector<std::vector<float>>>()});
      }
    }
  }
  return drives;
}

void bench_game(Bench& bench) {
  const std::vector<Drive> drives = recorded_drives();
  const auto add = [&](const char* name, Driver::Picture picture) {
    if (bench.wants(name)) {
      Driver driver(drives, picture);
      const double rate = bench.measure({driver.measurement()})[0];
      bench.add({name, "steps/s", rate, driver.physics_rate(), "b2World::Step alone, in the same steps"});
    }
  };
  add("game step", Driver::Picture::none);
  add("game step with the 64x64 picture", Driver::Picture::model);
  add("game step with the 96x96 picture", Driver::Picture::native);

  if (bench.wants("game reset")) {
    constexpr std::uint64_t kTracks = 16;
    CarRacing game;
    std::vector<Track> tracks;
    for (std::uint64_t seed = 0; seed < kTracks; ++seed) {
      game.reset(seed);
      tracks.push_back(game.track());
    }
    const auto reset = [&] {
      for (std::uint64_t seed = 0; seed < kTracks; ++seed) {
        game.reset(seed);
      }
      return double{kTracks};
    };
    const auto build = [&] {
      for (const Track& track : tracks) {
        build_world(track);
      }
      return double{kTracks};
    };
    const std::vector<double> rates = bench.measure({timed(reset), timed(build)});
    bench.add({"game reset", "resets/s", rates[0], rates[1], "Box2D's world with its tiles alone"});
  }
}

}  // namespace reverie
