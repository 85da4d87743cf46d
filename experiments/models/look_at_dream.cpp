#include "experiments/models/look_at_dream.h"

#include "env/error.h"
#include "experiments/run/png.h"
#include "worldmodel/draw_scores.h"
#include "worldmodel/lead.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/open_loop.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

// The held-out episode with the largest return among those long enough, in which most happens. -1: none is long enough.
int most_eventful(const EmbeddedEpisodes& source, std::int64_t min_steps) {
  int best = -1;
  double best_return = 0.0;
  for (const int episode : source.episodes().held_out()) {
    if (source.episodes().num_steps(episode) >= min_steps) {
      const std::vector<float> rewards = read_rewards(source.episodes().path(episode));
      const double episode_return = torch::tensor(rewards).sum().item<double>();
      if (best < 0 || episode_return > best_return) {
        best = episode;
        best_return = episode_return;
      }
    }
  }
  return best;
}

// A strip: recorded above, dreamed below, from one held-out moment under the recorded actions. Bytes [height, width,
// 3], or undefined where no held-out episode is long enough.
torch::Tensor dream_strip(const WorldModel& model, const EmbeddedEpisodes& source, double temperature,
                          std::uint64_t seed) {
  constexpr std::int64_t kColumns = 12, kStep = 5, kStart = 100;
  constexpr std::int64_t kEnd = kStart + kColumns * kStep;
  const int index = most_eventful(source, kEnd);
  if (index < 0) {
    return {};
  }
  const EmbeddedEpisode episode = source.read(index);
  const RecordedEpisode recorded = source.episodes().read(index);
  std::vector<torch::Tensor> above, below;
  const auto add = [&](std::int64_t t, const ModelState& state) {
    if (t >= kStart && (t - kStart) % kStep == 0) {
      const auto* frame = recorded.frames.data() + static_cast<std::size_t>(t) * recorded.frame_size();
      above.push_back(
          torch::from_blob(const_cast<std::uint8_t*>(frame), {recorded.height, recorded.width, 3}, torch::kUInt8)
              .clone());
      below.push_back(model.decode(state)[0].permute({1, 2, 0}).mul(255.0f).round().to(torch::kUInt8));
    }
  };
  ModelState state;
  lead(model, episode, kStart, [&](std::int64_t t, const ModelState& reached) {
    add(t, reached);
    state = reached;
  });
  Rng rng(derive_seed(seed, Stream::open_loop));
  Noise noise = make_noise(1, model.spec().imagine_normals, model.spec().imagine_uniforms);
  for (std::int64_t t = kStart + 1; t <= kEnd; ++t) {
    fill_noise_row(noise, 0, rng);
    state = model.imagine(state, episode.action.slice(0, t - 1, t), static_cast<float>(temperature), noise).state;
    add(t, state);
  }
  return torch::cat({torch::cat(above, 1), torch::cat(below, 1)}, 0).contiguous();
}

Measurements open_loop_measurements(const OpenLoopResult& any, const OpenLoopResult& lost) {
  Measurements values;
  values.push_back({"moments", any.moments});
  for (const int step : {5, 10, 20}) {
    if (any.moments > 0) {
      const std::size_t at = static_cast<std::size_t>(step) - 1;
      values.push_back({str("dream_error_", step), any.dream_error[at]});
      values.push_back({str("frozen_error_", step), any.frozen_error[at]});
    }
  }
  values.push_back({"dream_reward_20", any.dream_reward});
  values.push_back({"recorded_reward_20", any.recorded_reward});
  values.push_back({"lost_moments", lost.moments});
  values.push_back({"lost_dream_reward_25", lost.dream_reward});
  values.push_back({"lost_recorded_reward_25", lost.recorded_reward});
  return values;
}
}  // namespace

void look_at_dream(const Experiment& experiment, const WorldModel& model, const EmbeddedEpisodes& source,
                   int iteration) {
  torch::NoGradGuard no_grad;
  const ExperimentConfig& config = experiment.config;
  const std::vector<int>& held_out = source.episodes().held_out();
  OpenLoopConfig any, lost;
  lost.start = OpenLoopStart::lost;
  lost.horizon = 25;
  Metrics metrics(experiment.run.metrics());
  const MetricsPlace place = {"open-loop", iteration, 0};
  metrics.resume_at(place);
  const auto on_episode = [&] { experiment.pool->throw_if_ending(); };
  Measurements values =
      open_loop_measurements(measure_open_loop(model, source, held_out, any, config.seed, on_episode),
                             measure_open_loop(model, source, held_out, lost, config.seed, on_episode));
  if (model.latent() != nullptr && model.recorded() != nullptr) {
    const DrawScores draws = measure_draws(model, source, held_out, {}, config.seed, on_episode);
    values.push_back({"energy_score", draws.energy_score});
    values.push_back({"crps", draws.crps});
    values.push_back({"spread_ratio", draws.spread_ratio});
  }
  metrics.write(place, values);
  const torch::Tensor strip = dream_strip(model, source, config.dream.temperature, config.seed);
  if (strip.defined()) {
    const int height = static_cast<int>(strip.size(0)), width = static_cast<int>(strip.size(1));
    write_png(experiment.run.iteration(iteration) / "dream.png", height, width, numbers_of<std::uint8_t>(strip));
    metrics.image(place, "dream", height, width, numbers_of<std::uint8_t>(strip));
  }
}

}  // namespace reverie
