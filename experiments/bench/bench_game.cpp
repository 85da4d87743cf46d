// The benchmark's rows about games: steps, and resets apart from them.
#include <memory>
#include <span>

#include "env/discrete.h"
#include "env/error.h"
#include "env/random.h"
#include "experiments/bench/bench.h"

namespace reverie {
namespace {

constexpr int kModelFrame = 64;  // side of the picture in the row's name

std::unique_ptr<Game> make_game(const GameEntry& entry) {
  return entry.make(entry.config);
}

void random_action(const GameSpec& spec, Rng& rng, std::span<float> action) {
  if (spec.actions == ActionKind::discrete) {
    set_one_hot(action, static_cast<std::size_t>(rng.below(action.size())));
    return;
  }
  for (std::size_t i = 0; i < action.size(); ++i) {
    action[i] = spec.action_low[i] + (spec.action_high[i] - spec.action_low[i]) * rng.uniform();
  }
}

// The actions up to the end of the game of that seed.
Drive cut_to_episode(const GameEntry& entry, std::uint64_t seed, const std::vector<std::vector<float>>& actions) {
  const std::unique_ptr<Game> game = make_game(entry);
  game->reset(seed);
  Drive drive{seed, {}};
  for (const std::vector<float>& action : actions) {
    drive.actions.push_back(action);
    if (game->step(action).terminated) {
      break;
    }
  }
  return drive;
}

Drive played(const GameEntry& entry, std::uint64_t seed) {
  constexpr int kSteps = 400, kHold = 10;
  const std::unique_ptr<Game> game = make_game(entry);
  Rng rng(seed);
  std::vector<float> action(game->spec().action_low.size());
  Drive drive{seed, {}};
  game->reset(seed);
  for (int step = 0; step < kSteps; ++step) {
    if (entry.drive) {
      entry.drive(*game, action);
    } else if (step % kHold == 0) {
      random_action(game->spec(), rng, action);
    }
    drive.actions.push_back(action);
    if (game->step(action).terminated) {
      break;
    }
  }
  return drive;
}

// Plays one drive after the other and also counts the time inside the physics engine.
class Driver {
 public:
  enum class Picture { none, model, native };

  Driver(const GameEntry& entry, Picture picture)
      : entry_(entry), drives_(bench_drives(entry)), picture_(picture), game_(make_game(entry)) {
    const GameSpec& spec = game_->spec();
    frame_.resize(static_cast<std::size_t>(picture == Picture::native ? spec.native_height * spec.native_width * 3
                                                                      : 3 * kModelFrame * kModelFrame));
  }

  Measurement measurement() {
    return timed([this] { return play(); },
                 [this] {
                   drive_ = (drive_ + 1) % drives_.size();
                   game_->reset(drives_[drive_].seed);
                 });
  }
  double physics_rate() const { return physics_seconds_ > 0.0 ? steps_ / physics_seconds_ : 0.0; }

 private:
  double play() {
    for (const std::vector<float>& action : drives_[drive_].actions) {
      game_->step(action);
      if (entry_.limits.step_seconds) {
        physics_seconds_ += entry_.limits.step_seconds(*game_);
      }
      if (picture_ == Picture::model) {
        game_->draw(kModelFrame, kModelFrame, frame_);
      } else if (picture_ == Picture::native) {
        game_->draw_native(frame_, true);
      }
    }
    steps_ += static_cast<double>(drives_[drive_].actions.size());
    return static_cast<double>(drives_[drive_].actions.size());
  }

  const GameEntry& entry_;
  std::vector<Drive> drives_;
  Picture picture_;
  std::unique_ptr<Game> game_;
  std::vector<std::uint8_t> frame_;
  std::size_t drive_ = 0;
  double steps_ = 0, physics_seconds_ = 0;
};

void bench_game(Bench& bench, const GameEntry& entry) {
  const GameSpec spec = make_game(entry)->spec();
  const auto add = [&](const std::string& what, Driver::Picture picture) {
    const std::string name = str(entry.bench_name, " step", what);
    if (bench.wants(name)) {
      Driver driver(entry, picture);
      const double rate = bench.measure({driver.measurement()})[0];
      bench.add({name, "steps/s", rate, driver.physics_rate(), entry.limits.step_against});
    }
  };
  add("", Driver::Picture::none);
  add(str(" with the ", kModelFrame, "x", kModelFrame, " picture"), Driver::Picture::model);
  add(str(" with the ", spec.native_width, "x", spec.native_height, " picture"), Driver::Picture::native);

  if (const std::string name = entry.bench_name + " reset"; bench.wants(name)) {
    constexpr std::uint64_t kEpisodes = 16;
    const std::unique_ptr<Game> game = make_game(entry);
    std::vector<std::unique_ptr<Game>> built;
    for (std::uint64_t seed = 0; seed < kEpisodes; ++seed) {
      built.push_back(make_game(entry));
      built.back()->reset(seed);
    }
    std::vector<Measurement> measurements = {timed([&] {
      for (std::uint64_t seed = 0; seed < kEpisodes; ++seed) {
        game->reset(seed);
      }
      return double{kEpisodes};
    })};
    if (entry.limits.build) {
      measurements.push_back(timed([&] {
        for (const std::unique_ptr<Game>& one : built) {
          entry.limits.build(*one);
        }
        return double{kEpisodes};
      }));
    }
    const std::vector<double> rates = bench.measure(measurements);
    bench.add({name, "resets/s", rates[0], rates.size() > 1 ? rates[1] : 0.0, entry.limits.build_against});
  }
}

}  // namespace

std::vector<Drive> bench_drives(const GameEntry& entry) {
  Drive first = played(entry, 11), second = played(entry, 42);
  Drive astray = cut_to_episode(entry, second.seed, first.actions);
  return {std::move(first), std::move(second), std::move(astray)};
}

void bench_games(Bench& bench) {
  for (const GameEntry& entry : games()) {
    if (!entry.bench_name.empty()) {
      bench_game(bench, entry);
    }
  }
}

}  // namespace reverie
