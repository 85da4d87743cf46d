#include "experiments/viewer/logged_game.h"

#include "env/action_repeat.h"
#include "env/error.h"

namespace reverie {
namespace {

constexpr int kRow[1] = {0};

// Gives the game what of a call's time the model did not take.
class GameWatch {
 public:
  explicit GameWatch(Timings& timings) : timings_(timings), others_(timings.frames + timings.model) {}
  ~GameWatch() { timings_.game -= timings_.frames + timings_.model - others_; }

 private:
  Timings& timings_;
  double others_;
  Stopwatch watch_{timings_.game};  // stops after the destructor's body
};

}  // namespace

LoggedGame::LoggedGame(const GameFactory& make_game, int height, int width, const WatchedModel* model, Timings& timings)
    : model_(model), timings_(timings), frames_(with_look(make_game), 1, height, width) {
  if (model != nullptr) {
    encoded_.emplace(frames_, *model);
  }
}

// Counts and draws the game's own steps, if the game repeats actions.
GameFactory LoggedGame::with_look(const GameFactory& make_game) {
  return [this, make_game] {
    std::unique_ptr<Game> game = make_game();
    if (auto* repeated = dynamic_cast<ActionRepeat*>(game.get())) {
      repeats_ = true;
      repeated->watch([this](const Game& own) {
        ++own_steps_;
        if (draws_between_ && between_style_.height > 0) {
          between_.push_back(draw(own, between_style_.height, between_style_.width, between_style_.instruments));
        }
      });
    }
    return game;
  };
}

Picture LoggedGame::draw(const Game& game, int height, int width, bool instruments) {
  const bool native = instruments && game.spec().has_instruments;
  Picture picture{native ? game.spec().native_height : height, native ? game.spec().native_width : width, {}};
  picture.pixels.resize(std::size_t{3} * static_cast<std::size_t>(picture.height) *
                        static_cast<std::size_t>(picture.width));
  if (native) {
    game.draw_native(picture.pixels, true);
  } else {
    game.draw(picture.height, picture.width, picture.pixels);
  }
  return picture;
}

void LoggedGame::reset(std::uint64_t seed) {
  const GameWatch watch(timings_);
  const std::uint64_t seeds[] = {seed};
  if (encoded_) {
    encoded_->reset(kRow, seeds);
    seen_ = model_->seen();
  } else {
    frames_.reset(kRow, seeds);
  }
  log_ = std::make_shared<EpisodeLog>();
  log_->seed = seed;
  step_ = own_steps_ = 0;
  between_.clear();
  episode_return_ = 0;
}

void LoggedGame::step(std::span<const float> action) {
  REVERIE_CHECK(live(), ==, true);
  const GameWatch watch(timings_);
  between_.clear();
  draws_between_ = true;
  if (encoded_) {
    encoded_->step(action);
    seen_ = model_->seen();
  } else {
    frames_.step(action);
  }
  draws_between_ = false;
  log_->actions.insert(log_->actions.end(), action.begin(), action.end());
  ++step_;
  episode_return_ += static_cast<double>(frames_.reward()[0]);
}

GamePlace LoggedGame::place() const {
  return {log_, step_, episode_return_, encoded_ ? encoded_->memory() : EncodedEnvironment::Memory{}, seen_};
}

void LoggedGame::go_to(const GamePlace& place) {
  if (place.log == log_ && place.step == step_) {
    return;
  }
  const GameWatch watch(timings_);
  const std::uint64_t seeds[] = {place.log->seed};
  log_ = place.log;
  frames_.reset(kRow, seeds);
  own_steps_ = 0;
  draws_between_ = false;
  between_.clear();
  for (step_ = 0; step_ < place.step; ++step_) {
    frames_.step(logged(step_));
  }
  log_->actions.resize(static_cast<std::size_t>(step_) * frames_.spec().action_low.size());
  episode_return_ = place.episode_return;
  seen_ = place.seen;
  if (encoded_) {
    encoded_->restore(place.memory);
  }
}

void LoggedGame::replay(std::uint64_t seed, std::span<const float> actions) {
  const std::vector<float> kept(actions.begin(), actions.end());  // they may be the log's own
  const std::size_t size = frames_.spec().action_low.size();
  reset(seed);
  for (std::size_t at = 0; at + size <= kept.size() && live(); at += size) {
    step(std::span(kept).subspan(at, size));
  }
}

std::span<const float> LoggedGame::logged(int step) const {
  const std::size_t size = frames_.spec().action_low.size();
  return std::span<const float>(log_->actions).subspan(static_cast<std::size_t>(step) * size, size);
}

}  // namespace reverie
