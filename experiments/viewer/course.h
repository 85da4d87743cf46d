// What an episode of the game, or a dream, gave at each of its steps: what the plots show.
#pragma once

#include <vector>

namespace reverie {

struct Course {
  // One value a step, of steps 1, 2, ...; NaN where there was none to have.
  std::vector<float> reward, episode_return;  // the sum of rewards
  std::vector<float> end_probability;         // the model's
  std::vector<float> entropy;                 // of the model's belief, nats a dimension
  std::vector<float> surprise;                // of a dream's latent: see Moment
  std::vector<float> latent_error;            // of a locked dream: see Moment, as the next two
  std::vector<float> pixel_error, frozen_error;
  std::vector<std::vector<float>> action;  // [component][step]

  int size() const { return static_cast<int>(reward.size()); }
  Course first(int count) const;  // of its steps
  void keep_first(int count);
  bool operator==(const Course& other) const;  // NaN is NaN
};

// How many steps have passed since a reward above 0; all steps if there was none.
int unpaid_steps(const Course& course);

// The first step from which a locked dream's picture is worth no more than a frozen one: over ten steps its mean error
// is no longer below that of the frame where it began. 0: none yet.
int divergence_step(const Course& dream);

}  // namespace reverie
