// One episode of one game: no batch, no tensors, no threads, no display.
#pragma once

#include <any>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "env/environment.h"
#include "env/error.h"

namespace reverie {

struct GameSpec {
  std::string name;
  ActionKind actions = ActionKind::box;
  std::vector<std::string> action_names;       // of the components of a box, or of the discrete actions
  std::vector<float> action_low, action_high;  // one value per name; 0 and 1 where actions are discrete
  int max_episode_steps = 0;                   // the clock, which the batch environment keeps
  double steps_per_second = 50.0;              // of the game as people play it
  std::string step_name = "step";              // one of the game's own steps, for people
  int native_height = 0, native_width = 0;     // of draw_native()
  bool has_instruments = false;                // whether draw_native() has any to show
  // The most that an episode can pay by the game's rules; infinity where they set no bound.
  double best_return = std::numeric_limits<double>::infinity();
};

struct StepResult {
  double reward = 0;
  bool terminated = false;  // the task ended; the batch environment keeps the clock
};

// One number of Game::progress().
struct ProgressEntry {
  std::string name;
  bool flag = false;  // true or false, else a whole number
};

// A game is not thread-safe, but two games share nothing. Equal seeds and actions give equal episodes.
class Game {
 public:
  virtual ~Game() = default;
  virtual const GameSpec& spec() const = 0;

  virtual void reset(std::uint64_t seed) = 0;

  // One step; reset() comes first, and no step follows a terminated one. An action that is not finite or of the wrong
  // size throws Error; one out of range follows the game's own rule, which its header says. Of a discrete action that
  // is not one-hot, the largest value is played, the first of equals.
  virtual StepResult step(std::span<const float> action) = 0;

  // The picture a model learns from: [height, width, 3], row 0 on top, sharp at any size.
  virtual void draw(int height, int width, std::span<std::uint8_t> frame) const = 0;

  // The picture that people know the game by, [native_height, native_width, 3], with or without its instruments.
  virtual void draw_native(std::span<std::uint8_t> frame, bool /*instruments*/) const {
    draw(spec().native_height, spec().native_width, frame);
  }

  // Why the episode terminated, in a few words for people: "hit". Empty while it goes on, or where the game cannot say.
  virtual std::string_view end_reason() const { return {}; }

  // The true state of the game at this moment, in the order of the names; the game's header gives the units. For
  // probes, reports and records, never for a policy that is scored. All values are finite.
  virtual const std::vector<std::string>& truth_names() const;
  virtual void truth(std::span<float> /*values*/) const {}  // [truth_names]

  // How far the episode has come, for people and for records: NaN where there is nothing to say at this moment.
  virtual const std::vector<ProgressEntry>& progress_entries() const;
  virtual void progress(std::span<double> /*values*/) const {}  // [progress_entries]

  // The config struct of the game's entry (games.h) that holds from the next reset on. Throws Error where it has values
  // out of range, or where the game takes none.
  virtual void configure(const std::any& config);
  // The same of this episode, its random ranges as the seed drew them; empty where the game has no config.
  virtual std::any episode_config() const { return {}; }
};

inline const std::vector<std::string>& Game::truth_names() const {
  static const std::vector<std::string> none;
  return none;
}

inline const std::vector<ProgressEntry>& Game::progress_entries() const {
  static const std::vector<ProgressEntry> none;
  return none;
}

inline void Game::configure(const std::any& /*config*/) {
  throw Error(ErrorKind::config, str(spec().name, ": takes no other config once it is made"));
}

using GameFactory = std::function<std::unique_ptr<Game>()>;

}  // namespace reverie
