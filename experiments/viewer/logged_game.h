// One game, seen through the model where there is one, with a log that leads back to any of its moments.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "env/batch_environment.h"
#include "experiments/viewer/watched_model.h"
#include "worldmodel/encoded_environment.h"

namespace reverie {

// What an episode was made of: Box2D's world cannot be copied, but the same seed and actions make it again.
struct EpisodeLog {
  std::uint64_t seed = 0;
  std::vector<float> actions;  // [steps, action]
};

// A moment to go back to. What the model knew is small and kept, so that only the game is played again.
struct GamePlace {
  std::shared_ptr<EpisodeLog> log;
  int step = 0;
  double episode_return = 0;
  EncodedEnvironment::Memory memory;  // empty without a model, as the next
  Embedding seen;
};

class LoggedGame {
 public:
  // model: null for the plain game. Model and timings must outlive it; timings.game grows.
  // Frames of height x width.
  LoggedGame(const GameFactory& make_game, int height, int width, const WatchedModel* model, Timings& timings);

  void reset(std::uint64_t seed);
  void step(std::span<const float> action);  // of a live game

  GamePlace place() const;
  // Everything after that place is forgotten. The place must have been given by this object.
  void go_to(const GamePlace& place);
  // The episode with this seed and these actions [steps, action], up to its end if that comes earlier.
  void replay(std::uint64_t seed, std::span<const float> actions);

  std::uint64_t seed() const { return log_->seed; }
  const std::vector<float>& actions() const { return log_->actions; }
  int num_steps() const { return step_; }
  // The game's own: more than num_steps() if the game repeats actions.
  int num_own_steps() const { return repeats_ ? own_steps_ : step_; }
  double episode_return() const { return episode_return_; }
  bool live() const { return frames_.live(0); }
  const BatchEnvironment& frames() const { return frames_; }
  const Game& game() const { return frames_.game(0); }
  int steps_left() const { return live() ? frames_.spec().max_episode_steps - step_ : 0; }  // on the clock

  // See Session. draw: [height, width, 3], or the native picture with its instruments.
  Picture draw(int height, int width, bool instruments) const { return draw(game(), height, width, instruments); }
  void draw_between(int height, int width, bool instruments) { between_style_ = {height, width, instruments}; }
  const std::vector<Picture>& between() const { return between_; }

  // With a model.
  const EncodedEnvironment& features() const { return *encoded_; }
  const ModelState& state() const { return encoded_->state(); }
  const Embedding& seen() const { return seen_; }

 private:
  static Picture draw(const Game& game, int height, int width, bool instruments);
  GameFactory with_look(const GameFactory& make_game);
  std::span<const float> logged(int step) const;

  const WatchedModel* model_;
  Timings& timings_;
  struct {
    int height = 0, width = 0;
    bool instruments = false;
  } between_style_;
  bool draws_between_ = false;  // within step()
  bool repeats_ = false;        // actions: then the next two count
  int own_steps_ = 0;
  std::vector<Picture> between_;
  BatchEnvironment frames_;
  std::optional<EncodedEnvironment> encoded_;

  // The present.
  std::shared_ptr<EpisodeLog> log_ = std::make_shared<EpisodeLog>();
  int step_ = 0;
  double episode_return_ = 0;
  Embedding seen_;
};

}  // namespace reverie
