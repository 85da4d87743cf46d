#include "worldmodel/lead.h"

#include <algorithm>

#include "env/error.h"

namespace reverie {

void lead(const WorldModel& model, std::span<const EmbeddedEpisode> episodes, std::span<const Noise> noise,
          std::int64_t last, const std::function<void(std::int64_t t, const ModelState& state)>& on_step) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(episodes.size(), ==, noise.size());
  const RecordedViewOf view(model);
  const std::int64_t rows = static_cast<std::int64_t>(episodes.size());
  ModelState state = model.initial_state(static_cast<int>(rows));
  for (std::int64_t t = 0; t <= last; ++t) {
    std::vector<Embedding> seen;
    std::vector<torch::Tensor> actions, normals, uniforms;
    for (std::size_t row = 0; row < episodes.size(); ++row) {
      const EmbeddedEpisode& episode = episodes[row];
      const std::int64_t at = std::min(t, episode.num_steps());
      const std::int64_t before = std::max<std::int64_t>(at - 1, 0);  // the first frame's action is not used
      seen.push_back(episode.embedding.slice(at, at + 1));
      actions.push_back(episode.action.slice(0, before, before + 1));
      normals.push_back(noise[row].normals.slice(0, at, at + 1));
      uniforms.push_back(noise[row].uniforms.slice(0, at, at + 1));
    }
    state = view->observe_embedded(state, torch::cat(actions), cat(seen), torch::full({rows}, t == 0 ? 1.0f : 0.0f),
                                   {torch::cat(normals), torch::cat(uniforms)});
    on_step(t, state);
  }
}

void lead(const WorldModel& model, const EmbeddedEpisode& episode, std::int64_t last,
          const std::function<void(std::int64_t t, const ModelState& state)>& on_step) {
  const Noise noise = calm_observation(model.spec(), episode.num_steps() + 1);
  lead(model, {&episode, 1}, {&noise, 1}, last, on_step);
}

Noise calm_observation(const WorldModelSpec& spec, std::int64_t rows) {
  return {torch::zeros({rows, spec.observe_normals}), torch::full({rows, spec.observe_uniforms}, 0.5f)};
}

}  // namespace reverie
