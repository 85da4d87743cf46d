// Leads a model through recorded frames (warm-up). No other code does this.
#pragma once

#include <functional>

#include "worldmodel/embedded_episodes.h"

namespace reverie {

// One row for each episode, from their first frames on. noise: for each episode, [T + 1, n] with n of the spec's
// observe counts. After each frame t from 0 to last, on_step is given t and the state [episodes, ...], which it may
// keep. A shorter episode stays at its last frame.
void lead(const WorldModel& model, std::span<const EmbeddedEpisode> episodes, std::span<const Noise> noise,
          std::int64_t last, const std::function<void(std::int64_t t, const ModelState& state)>& on_step);

// The same for one episode, without noise in the observations (calm_observation).
void lead(const WorldModel& model, const EmbeddedEpisode& episode, std::int64_t last,
          const std::function<void(std::int64_t t, const ModelState& state)>& on_step);

// Noise without randomness, with which a model takes the most likely value of each observation: normals 0, uniforms
// 0.5. [rows, n].
Noise calm_observation(const WorldModelSpec& spec, std::int64_t rows);

}  // namespace reverie
