#include "experiments/words/moments.h"

#include <atomic>
#include <mutex>

#include "env/error.h"
#include "experiments/run/progress.h"
#include "experiments/scoring/replayed_truth.h"
#include "worldmodel/lead.h"
#include "worldmodel/row_noise.h"

namespace reverie {

using torch::Tensor;

std::vector<Saying> values_along(const Experiment& experiment, const RecordedEpisode& episode) {
  const std::vector<GameAttribute>& attributes = find_game(experiment.config.game.name).attributes;
  const Tensor truth = replay_truth(experiment.make_game, episode);
  std::vector<Saying> values;
  for (std::int64_t t = 0; t < truth.size(0); ++t) {
    values.push_back(values_of(attributes, {truth[t].data_ptr<float>(), static_cast<std::size_t>(truth.size(1))}));
  }
  return values;
}

Tensor features_along(const WorldModel& model, const EmbeddedEpisode& episode, std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  Noise noise = make_noise(static_cast<int>(episode.num_steps()) + 1, model.spec().observe_normals,
                           model.spec().observe_uniforms);
  Rng rng(derive_seed(seed, Stream::words));
  rng.fill_normal(numbers_in(noise.normals));
  rng.fill_uniform(numbers_in(noise.uniforms));
  std::vector<Tensor> features;
  lead(model, {&episode, 1}, {&noise, 1}, episode.num_steps(),
       [&](std::int64_t, const ModelState& state) { features.push_back(model.features(state)); });
  return torch::cat(features);
}

Moments moments_of(const Experiment& experiment, const WorldModel& model, const EmbeddedEpisodes& source,
                   const std::vector<int>& episodes, int every) {
  if (find_game(experiment.config.game.name).attributes.empty()) {
    throw Error(ErrorKind::data, str(experiment.run.folder().string(), ": the game ", experiment.config.game.name,
                                     " has no attributes, of which sentences are made (env/games.h)"));
  }
  std::vector<Moments> found(episodes.size());
  Progress progress("moments", "episodes", static_cast<std::int64_t>(episodes.size()));
  std::atomic<int> done = 0;
  std::mutex mutex;
  experiment.pool->run(static_cast<int>(episodes.size()), [&](int task, int) {
    const std::size_t place = static_cast<std::size_t>(task);
    const RecordedEpisode recorded = source.episodes().read(episodes[place]);
    const std::vector<Saying> values = values_along(experiment, recorded);
    const Tensor features = features_along(model, source.read(episodes[place]), recorded.seed);
    Moments& moments = found[place];
    for (int t = 0; t < features.size(0); t += every) {
      moments.values.push_back(values[static_cast<std::size_t>(t)]);
      moments.episode.push_back(episodes[place]);
      moments.step.push_back(t);
    }
    moments.features = features.slice(0, 0, features.size(0), every).clone();
    const std::lock_guard lock(mutex);
    progress.update(++done);
  });
  Moments all;
  std::vector<Tensor> features;
  for (Moments& moments : found) {
    features.push_back(moments.features);
    const auto move_all = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    move_all(all.values, moments.values);
    move_all(all.episode, moments.episode);
    move_all(all.step, moments.step);
  }
  all.features = torch::cat(features);
  return all;
}

}  // namespace reverie
