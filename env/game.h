// One episode of one game: no batch, no tensors, no threads, no display.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace reverie {

struct GameSpec {
  std::string name;
  std::vector<std::string> action_names;
  std::vector<float> action_low, action_high;  // one value per action component
  int max_episode_steps = 0;                   // the clock; the batch keeps it, not the game
  double steps_per_second = 50.0;              // as people know the game
  int native_height = 0, native_width = 0;     // of draw_native()
  // The most that an episode can pay by the game's rules; infinity where they set no bound.
  double best_return = std::numeric_limits<double>::infinity();
};

struct StepResult {
  float reward = 0;
  bool terminated = false;  // the task ended; the clock is the batch's business
};

// A game is not thread-safe, but two games share nothing. Equal seeds and actions give equal episodes.
class Game {
 public:
  virtual ~Game() = default;
  virtual const GameSpec& spec() const = 0;

  virtual void reset(std::uint64_t seed) = 0;

  // One step; reset() comes first, and no step follows a terminated one. An action that is not finite or of the wrong
  // size throws Error; one out of range follows the game's own rule, which its header says.
  virtual StepResult step(std::span<const float> action) = 0;

  // The picture a model learns from: [height, width, 3], row 0 on top, sharp at any size.
  virtual void draw(int height, int width, std::span<std::uint8_t> frame) const = 0;

  // The picture the game itself is known by, [native_height, native_width, 3], with its instruments.
  virtual void draw_native(std::span<std::uint8_t> frame) const {
    draw(spec().native_height, spec().native_width, frame);
  }
};

using GameFactory = std::function<std::unique_ptr<Game>()>;

}  // namespace reverie
