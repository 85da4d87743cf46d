#include "worldmodel/draw_scores.h"

#include <algorithm>

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/lead.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

using torch::Tensor;

Noise random_noise(int rows, int normals, int uniforms, Rng& rng) {
  Noise noise = make_noise(rows, normals, uniforms);
  for (int row = 0; row < rows; ++row) {
    fill_noise_row(noise, row, rng);
  }
  return noise;
}

}  // namespace

DrawScores score_draws(const Tensor& draws, const Tensor& truth) {
  torch::NoGradGuard no_grad;
  const std::int64_t count = draws.size(1);
  REVERIE_CHECK(count, >=, 2);
  const double pairs = static_cast<double>(count * (count - 1));
  const Tensor x = draws.to(torch::kFloat64), y = truth.to(torch::kFloat64).unsqueeze(1);
  Tensor energy = (x - y).square().sum(2).sqrt().mean(1), crps = (x - y).abs().mean(1).mean(1);
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor apart = x - x.slice(1, i, i + 1);  // a draw beside itself adds 0
    energy = energy - apart.square().sum(2).sqrt().sum(1) / (2.0 * pairs);
    crps = crps - apart.abs().mean(2).sum(1) / (2.0 * pairs);
  }
  // The mean of n draws errs by (1 + 1 / n) of the variance where the draws are right.
  const double spread = x.var(1, true).mean().item<double>() * (1.0 + 1.0 / static_cast<double>(count));
  const double error = (x.mean(1, true) - y).square().mean().item<double>();
  return {static_cast<int>(x.size(0)), energy.mean().item<double>(), crps.mean().item<double>(),
          std::sqrt(spread / std::max(error, 1e-30))};
}

DrawScores measure_draws(const WorldModel& model, const EmbeddedEpisodes& source, const std::vector<int>& episodes,
                         const DrawScoreConfig& config, std::uint64_t seed, const std::function<void()>& on_episode) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK((model.latent() != nullptr && model.recorded() != nullptr), ==, true);
  const WorldModelSpec& spec = model.spec();
  Rng rng(derive_seed(seed, Stream::open_loop, 0, 2));
  std::vector<Tensor> draws, truth;
  const int per_episode = std::max(1, config.moments / std::max(1, static_cast<int>(episodes.size())));
  for (const int index : episodes) {
    if (on_episode) {
      on_episode();
    }
    const EmbeddedEpisode episode = source.read(index);
    std::vector<std::int64_t> moments;
    for (int i = 0; i < per_episode; ++i) {
      moments.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(episode.num_steps()))));
    }
    std::sort(moments.begin(), moments.end());
    moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
    lead(model, episode, moments.back(), [&](std::int64_t t, const ModelState& state) {
      if (!std::binary_search(moments.begin(), moments.end(), t) || static_cast<int>(draws.size()) >= config.moments) {
        return;
      }
      const Tensor action = episode.action.slice(0, t, t + 1);
      const ModelState came =
          model.recorded()->observe_embedded(state, action, episode.embedding.slice(t + 1, t + 2), torch::zeros({1}),
                                             random_noise(1, spec.observe_normals, spec.observe_uniforms, rng));
      const std::vector<int> rows(static_cast<std::size_t>(config.draws), 0);
      const ModelState dreamed =
          model
              .imagine(gather(state, rows), gather(action, rows), 1.0f,
                       random_noise(config.draws, spec.imagine_normals, spec.imagine_uniforms, rng))
              .state;
      draws.push_back(model.latent()->latent_of(dreamed).unsqueeze(0));
      truth.push_back(model.latent()->latent_of(came).clone());
    });
  }
  return draws.empty() ? DrawScores{} : score_draws(torch::cat(draws), torch::cat(truth));
}

}  // namespace reverie
