// A policy chooses an action for every row of a batch.
#pragma once

#include <cstdint>
#include <span>

namespace reverie {

// One episode to be played.
struct Episode {
  int index = 0;           // its place among the results
  std::uint64_t seed = 0;  // the environment's
};

// Observation is std::uint8_t (frames) or float (features). What a policy does in a row depends on the episode that the
// row plays and on what it observes there, not on the row's index or its neighbours.
template <typename Observation>
class Policy {
 public:
  virtual ~Policy() = default;

  // `row` starts `episode`; whatever the policy remembered of that row is forgotten. Called before the row's first
  // act().
  virtual void begin(int row, const Episode& episode) = 0;

  // observation: [batch, observation...]; fills action: [batch, action]. Called once per step. Rows without an episode
  // get an action too, which is finite and is ignored.
  virtual void act(std::span<const Observation> observation, std::span<float> action) = 0;
};

}  // namespace reverie
