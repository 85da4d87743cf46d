// The one place that walks a model along recorded frames.
#pragma once

#include <functional>

#include "worldmodel/embedded_episodes.h"

namespace reverie {

// One row for each episode, from their first frames on. noise: for each episode, [T + 1, n] with n of the spec's
// observe counts. After frames 0 to last, on_step is given t and the state [episodes, ...], which it may keep. An
// episode that ends before stays at its last frame.
void lead(const WorldModel& model, std::span<const EmbeddedEpisode> episodes, std::span<const Noise> noise,
          std::int64_t last, const std::function<void(std::int64_t t, const ModelState& state)>& on_step);

// For one episode, and each frame seen as what it most likely is.
void lead(const WorldModel& model, const EmbeddedEpisode& episode, std::int64_t last,
          const std::function<void(std::int64_t t, const ModelState& state)>& on_step);

// Noise that makes an observation what it most likely is: normals 0, uniforms one half. [rows, n].
Noise calm_observation(const WorldModelSpec& spec, std::int64_t rows);

}  // namespace reverie
