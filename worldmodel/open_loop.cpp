#include "worldmodel/open_loop.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "env/random.h"
#include "worldmodel/lead.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/row_noise.h"

namespace reverie {
namespace {

bool qualifies(const EmbeddedEpisode& episode, std::int64_t t, const OpenLoopConfig& config) {
  if (t < config.warm_up || t + config.horizon > episode.num_steps()) {
    return false;
  }
  if (config.start == OpenLoopStart::any) {
    return true;
  }
  return t >= config.lost_after && !(episode.reward.slice(0, t - config.lost_after, t) > 0).any().item<bool>();
}

// Mean over colours and pixels of each row.
torch::Tensor squared_error(const torch::Tensor& frames, const torch::Tensor& recorded) {
  return (frames - recorded).square().mean({1, 2, 3});
}

// The model's state at each of the moments, one row each.
ModelState states_at(const WorldModel& model, const EmbeddedEpisode& episode,
                     const std::vector<std::int64_t>& moments) {
  ModelState reached = model.initial_state(static_cast<int>(moments.size()));
  lead(model, episode, *std::max_element(moments.begin(), moments.end()), [&](std::int64_t t, const ModelState& state) {
    for (std::size_t row = 0; row < moments.size(); ++row) {
      if (moments[row] == t) {
        const int index = static_cast<int>(row);
        scatter(reached, {&index, 1}, state);
      }
    }
  });
  return reached;
}

}  // namespace

std::vector<OpenLoopTrace> dream_on(const WorldModel& model, const EmbeddedEpisode& episode,
                                    const std::function<torch::Tensor(std::int64_t t)>& frame,
                                    const std::vector<std::int64_t>& starts, int horizon, float temperature,
                                    std::span<const std::uint64_t> seeds,
                                    const std::function<void(const OpenLoopFrames&)>& look) {
  torch::NoGradGuard no_grad;
  REVERIE_CHECK(starts.size(), ==, seeds.size());
  std::vector<OpenLoopTrace> traces(starts.size());
  if (starts.empty()) {
    return traces;
  }
  const auto at_starts = [&](std::int64_t later, const std::function<torch::Tensor(std::int64_t)>& what) {
    std::vector<torch::Tensor> rows;
    for (const std::int64_t start : starts) {
      rows.push_back(what(start + later));
    }
    return torch::cat(rows);
  };
  std::vector<Rng> rng;
  for (std::size_t row = 0; row < starts.size(); ++row) {
    REVERIE_CHECK(starts[row] + horizon, <=, episode.num_steps());
    traces[row].start = starts[row];
    rng.emplace_back(seeds[row]);
  }
  const RecordedViewOf view(model);
  const BeliefView* const belief = model.belief();
  ModelState state = states_at(model, episode, starts), informed = state;
  const Noise calm = calm_observation(model.spec(), static_cast<std::int64_t>(starts.size()));
  const torch::Tensor not_first = torch::zeros({static_cast<std::int64_t>(starts.size())});
  Noise noise =
      make_noise(static_cast<int>(starts.size()), model.spec().imagine_normals, model.spec().imagine_uniforms);
  OpenLoopFrames frames;
  frames.frozen = at_starts(0, frame);
  for (int step = 0; step < horizon; ++step) {
    for (std::size_t row = 0; row < rng.size(); ++row) {
      fill_noise_row(noise, static_cast<int>(row), rng[row]);
    }
    const torch::Tensor action = at_starts(step, [&](std::int64_t t) { return episode.action.slice(0, t, t + 1); });
    std::vector<Embedding> frames_seen;
    for (const std::int64_t start : starts) {
      frames_seen.push_back(episode.embedding.slice(start + step + 1, start + step + 2));
    }
    const Embedding seen = cat(frames_seen);
    torch::Tensor nll, informed_nll;
    if (belief != nullptr) {
      const LatentDistribution came = model.latent()->latent_distribution(seen);
      nll = belief->negative_log_likelihood(state, action, came);
      informed_nll = belief->negative_log_likelihood(informed, action, came);
    }
    informed = view->observe_embedded(informed, action, seen, not_first, calm);
    Imagined next = model.imagine(state, action, temperature, noise);
    state = std::move(next.state);

    frames.step = step;
    frames.recorded = at_starts(step + 1, frame);
    frames.reconstructed = model.decode(informed);
    frames.dreamed = model.decode(state);
    frames.features = model.features(state);
    const torch::Tensor dream_error = squared_error(frames.dreamed, frames.recorded);
    const torch::Tensor frozen_error = squared_error(frames.frozen, frames.recorded);
    const torch::Tensor reconstruction_error = squared_error(frames.reconstructed, frames.recorded);
    const torch::Tensor end_probability = torch::sigmoid(next.terminated_logit);
    for (std::size_t row = 0; row < traces.size(); ++row) {
      OpenLoopTrace& trace = traces[row];
      const auto of_row = [row](const torch::Tensor& tensor) {
        return tensor[static_cast<std::int64_t>(row)].item<double>();
      };
      trace.dream_error.push_back(of_row(dream_error));
      trace.frozen_error.push_back(of_row(frozen_error));
      trace.reconstruction_error.push_back(of_row(reconstruction_error));
      if (belief != nullptr) {
        trace.latent_nll.push_back(of_row(nll));
        trace.informed_nll.push_back(of_row(informed_nll));
      }
      trace.dream_reward.push_back(of_row(next.reward));
      trace.recorded_reward.push_back(episode.reward[starts[row] + step].item<double>());
      trace.end_probability.push_back(of_row(end_probability));
      trace.terminated.push_back(episode.terminated[starts[row] + step].item<float>() > 0.5f);
    }
    if (look) {
      look(frames);
    }
  }
  return traces;
}

int divergence_horizon(std::span<const double> dream_error, std::span<const double> frozen_error) {
  REVERIE_CHECK(dream_error.size(), ==, frozen_error.size());
  bool was_below = false;
  for (std::size_t step = 0; step < dream_error.size(); ++step) {
    const bool below = dream_error[step] < frozen_error[step];
    if (was_below && !below) {
      return static_cast<int>(step) + 1;
    }
    was_below = was_below || below;
  }
  return was_below ? 0 : 1;
}

OpenLoopResult measure_open_loop(const WorldModel& model, const EmbeddedEpisodes& source,
                                 const std::vector<int>& episodes, const OpenLoopConfig& config, std::uint64_t seed,
                                 const std::function<void()>& on_episode) {
  OpenLoopResult result;
  result.dream_error.assign(static_cast<std::size_t>(config.horizon), 0.0);
  result.frozen_error = result.dream_error;
  Rng choose(derive_seed(seed, Stream::open_loop));
  const int per_episode = std::max(1, config.moments / std::max(1, static_cast<int>(episodes.size())));
  const EpisodeStore& recorded = source.episodes();
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(recorded.height()) *
                                  static_cast<std::size_t>(recorded.width()) * 3);
  for (const int index : episodes) {
    if (on_episode) {
      on_episode();
    }
    const EmbeddedEpisode episode = source.read(index);
    std::vector<std::int64_t> moments, chosen;
    for (std::int64_t t = 0; t < episode.num_steps(); ++t) {
      if (qualifies(episode, t, config)) {
        moments.push_back(t);
      }
    }
    std::vector<std::uint64_t> seeds;
    for (int i = 0; i < per_episode && !moments.empty() && result.moments < config.moments; ++i) {
      chosen.push_back(moments[static_cast<std::size_t>(choose.below(moments.size()))]);
      seeds.push_back(derive_seed(seed, Stream::open_loop, static_cast<std::uint64_t>(++result.moments)));
    }
    const auto frame = [&](std::int64_t t) {
      recorded.read_frame(index, static_cast<int>(t), bytes);
      return frames_to_tensor(bytes.data(), 1, recorded.height(), recorded.width());
    };
    for (const OpenLoopTrace& trace :
         dream_on(model, episode, frame, chosen, config.horizon, config.temperature, seeds)) {
      for (std::size_t step = 0; step < result.dream_error.size(); ++step) {
        result.dream_error[step] += trace.dream_error[step];
        result.frozen_error[step] += trace.frozen_error[step];
        result.dream_reward += trace.dream_reward[step];
        result.recorded_reward += trace.recorded_reward[step];
      }
    }
  }
  const double count = std::max(1, result.moments);
  for (std::size_t step = 0; step < result.dream_error.size(); ++step) {
    result.dream_error[step] /= count;
    result.frozen_error[step] /= count;
  }
  result.dream_reward /= count;
  result.recorded_reward /= count;
  return result;
}

}  // namespace reverie
