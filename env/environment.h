// The interface of a game, of a game seen through a model, and of a dream. tests/environment_conformance.h checks what
// every implementation must do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace reverie {

// What an action is. Either way it is a row of floats, and the row that a game got is the one that is stored and that a
// world model is given.
enum class ActionKind {
  box,       // each component on its own, from its low to its high
  discrete,  // one of a number of actions: 1 at its place and 0 at all others, so that low is 0 and high is 1
};

struct EnvironmentSpec {
  int batch_size = 0;
  std::vector<int> observation_shape;  // without the batch: {height, width, 3} or {feature_size}
  ActionKind actions = ActionKind::box;
  std::vector<float> action_low, action_high;  // one value per action component
  int max_episode_steps = 0;

  int action_size() const { return static_cast<int>(action_low.size()); }
  int observation_size() const {  // numbers in one row's observation
    int size = 1;
    for (const int side : observation_shape) {
      size *= side;
    }
    return size;
  }
};

// A batch of independent episodes, one per row. Observation is std::uint8_t (frames) or float (features).
//
// A row is live from reset() until it is terminated or truncated. A finished row stays as it ended: step() keeps its
// observation and flags and gives it reward 0. Before its first reset a row counts as finished. Nothing resets by
// itself; a caller may reset any rows at any time, so that a queue of episodes keeps every row busy. If the task ends
// on the last allowed step, the row is terminated and not truncated. What a row does depends on its seed and actions,
// not on its index or its neighbours.
template <typename Observation>
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const EnvironmentSpec& spec() const = 0;

  // Starts a new episode in each of `rows` (no row twice), with the seed at the same place of `seeds`.
  virtual void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) = 0;

  // One step of every live row. action: [batch, action]; values of finished rows are ignored, others must be finite. A
  // policy gives values within the bounds; where actions are discrete, one 1 a row and 0 elsewhere.
  virtual void step(std::span<const float> action) = 0;

  // Views into the environment's own memory, valid until the next reset() or step().
  virtual std::span<const Observation> observation() const = 0;  // [batch, observation...]
  virtual std::span<const float> reward() const = 0;             // [batch], as the next two; 0 after a reset
  virtual std::span<const std::uint8_t> terminated() const = 0;
  virtual std::span<const std::uint8_t> truncated() const = 0;

  // The probability, in 0..1, with which the last step terminated the row's task. It is 1 or 0 by what happened, unless
  // the environment draws its ends at random, as a dream may.
  virtual float end_probability(int row) const {
    return terminated()[static_cast<std::size_t>(row)] != 0 ? 1.0f : 0.0f;
  }

  bool live(int row) const {
    return terminated()[static_cast<std::size_t>(row)] == 0 && truncated()[static_cast<std::size_t>(row)] == 0;
  }
};

using FrameEnvironment = Environment<std::uint8_t>;
using FeatureEnvironment = Environment<float>;

}  // namespace reverie
