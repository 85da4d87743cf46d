#include "experiments/report/drift.h"

#include <algorithm>

#include "env/error.h"
#include "experiments/report/recorded_play.h"
#include "experiments/report/ssim.h"
#include "worldmodel/lead.h"

namespace reverie {
namespace {

// [batch, 3, height, width] to [batch, height, width].
torch::Tensor luminance(const torch::Tensor& frames) {
  return (0.299f * frames.select(1, 0) + 0.587f * frames.select(1, 1) + 0.114f * frames.select(1, 2)).contiguous();
}

double ssim_of_row(const torch::Tensor& a, const torch::Tensor& b, std::int64_t row) {
  const std::size_t size = static_cast<std::size_t>(a.size(1) * a.size(2));
  const auto of = [&](const torch::Tensor& tensor) {
    return std::span<const float>(tensor.data_ptr<float>() + static_cast<std::size_t>(row) * size, size);
  };
  return ssim(static_cast<int>(a.size(1)), static_cast<int>(a.size(2)), of(a), of(b));
}

// Mean reward a step before `start`, without the first step, whose reward belongs to the reset.
double pay_before(const RecordedEpisode& episode, std::int64_t start) {
  double sum = 0.0;
  for (std::int64_t t = 1; t < start; ++t) {
    sum += static_cast<double>(episode.rewards[static_cast<std::size_t>(t)]);
  }
  return start > 1 ? sum / static_cast<double>(start - 1) : 0.0;
}

std::vector<OpenLoopTrace> dream(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config,
                                 const std::function<void(const OpenLoopFrames&)>& look) {
  return dream_on(
      model, drift_case.embedded, [&](std::int64_t t) { return frame_tensor(*drift_case.episode, t); },
      drift_case.starts, config.horizon, config.temperature, drift_case.seeds, look);
}

}  // namespace

DriftCase make_drift_case(const WorldModel& model, const RecordedEpisode& episode, const DriftConfig& config) {
  DriftCase result;
  result.episode = &episode;
  for (std::int64_t start = episode.num_steps() - config.horizon; start >= config.warm_up; start -= config.horizon) {
    result.starts.push_back(start);
    result.seeds.push_back(derive_seed(episode.seed, Stream::open_loop, static_cast<std::uint64_t>(start)));
  }
  if (!result.starts.empty()) {
    result.embedded = embed_episode(model, episode);
  }
  return result;
}

std::vector<Drift> measure_drift(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config) {
  std::vector<Drift> drifts(drift_case.starts.size());
  std::vector<torch::Tensor> features;  // after each step, [dreams, feature]
  const auto look = [&](const OpenLoopFrames& frames) {
    features.push_back(frames.features);
    const torch::Tensor recorded = luminance(frames.recorded), dreamed = luminance(frames.dreamed);
    const torch::Tensor frozen = luminance(frames.frozen), reconstructed = luminance(frames.reconstructed);
    for (std::size_t i = 0; i < drifts.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      drifts[i].dream_ssim.push_back(ssim_of_row(dreamed, recorded, row));
      drifts[i].frozen_ssim.push_back(ssim_of_row(frozen, recorded, row));
      drifts[i].reconstruction_ssim.push_back(ssim_of_row(reconstructed, recorded, row));
    }
  };
  std::vector<OpenLoopTrace> traces = dream(model, drift_case, config, look);
  const torch::Tensor of_dreams = drifts.empty() ? torch::Tensor() : torch::stack(features, 1);
  for (std::size_t i = 0; i < drifts.size(); ++i) {
    drifts[i].seed = drift_case.episode->seed;
    drifts[i].trace = std::move(traces[i]);
    drifts[i].pay_before = pay_before(*drift_case.episode, drift_case.starts[i]);
    drifts[i].features = of_dreams[static_cast<std::int64_t>(i)].clone();
  }
  return drifts;
}

Promise promise_of(const std::string& whose, const std::vector<Drift>& drifts, int steps, const DreamPay& pay) {
  Promise promise;
  promise.whose = whose;
  promise.dreams = static_cast<int>(drifts.size());
  for (const Drift& drift : drifts) {
    const OpenLoopTrace& trace = drift.trace;
    promise.steps = std::min(steps, static_cast<int>(trace.dream_reward.size()));
    double alive = 1.0;
    for (std::size_t step = 0; step < static_cast<std::size_t>(promise.steps); ++step) {
      promise.dreamed += alive * pay.constant.value_or(trace.dream_reward[step]) / promise.dreams;
      promise.recorded += trace.recorded_reward[step] / promise.dreams;
      alive *= pay.ends ? 1.0 - trace.end_probability[step] : 1.0;
    }
    const auto last = static_cast<std::size_t>(promise.steps) - 1;
    promise.dream_error += trace.dream_error[last] / promise.dreams;
    promise.frozen_error += trace.frozen_error[last] / promise.dreams;
  }
  return promise;
}

Strip drift_strip(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config, std::int64_t start,
                  const std::vector<int>& steps, const std::string& caption) {
  const auto found = std::find(drift_case.starts.begin(), drift_case.starts.end(), start);
  REVERIE_CHECK((found != drift_case.starts.end()), ==, true);
  const auto row = static_cast<std::int64_t>(found - drift_case.starts.begin());
  Strip strip;
  strip.caption = caption;
  strip.names = {"game", "as the model sees it", "dream"};
  strip.height = drift_case.episode->height;
  strip.width = drift_case.episode->width;
  strip.frames.resize(strip.names.size());
  const auto add = [&](int step, const torch::Tensor& recorded, const torch::Tensor& reconstructed,
                       const torch::Tensor& dreamed) {
    strip.headings.push_back(str(step, step == 1 ? " step" : " steps"));
    strip.frames[0].push_back(frame_bytes(recorded));
    strip.frames[1].push_back(frame_bytes(reconstructed));
    strip.frames[2].push_back(frame_bytes(dreamed));
  };
  torch::Tensor seen;
  lead(model, drift_case.embedded, start, [&](std::int64_t t, const ModelState& state) {
    if (t == start) {
      seen = model.decode(state);
    }
  });
  add(0, frame_tensor(*drift_case.episode, start), seen, seen);
  dream(model, drift_case, config, [&](const OpenLoopFrames& frames) {
    if (std::find(steps.begin(), steps.end(), frames.step + 1) != steps.end()) {
      const auto of_row = [&](const torch::Tensor& tensor) { return tensor.slice(0, row, row + 1); };
      add(frames.step + 1, of_row(frames.recorded), of_row(frames.reconstructed), of_row(frames.dreamed));
    }
  });
  return strip;
}

Strip draws_strip(const WorldModel& model, const DriftCase& drift_case, const DriftConfig& config, std::int64_t start,
                  const std::vector<int>& steps, int draws) {
  torch::NoGradGuard no_grad;
  Strip strip;
  strip.caption = str("Futures of one moment: seed ", drift_case.episode->seed, ", from step ", start,
                      ", all under the recorded actions");
  strip.height = drift_case.episode->height;
  strip.width = drift_case.episode->width;
  strip.headings = {"game"};
  std::vector<std::uint64_t> seeds;
  for (int i = 0; i < draws; ++i) {
    strip.headings.push_back(str(i + 1));
    seeds.push_back(derive_seed(drift_case.episode->seed, Stream::open_loop, static_cast<std::uint64_t>(start),
                                static_cast<std::uint64_t>(i) + 1));
  }
  dream_on(
      model, drift_case.embedded, [&](std::int64_t t) { return frame_tensor(*drift_case.episode, t); },
      std::vector<std::int64_t>(static_cast<std::size_t>(draws), start), config.horizon, config.temperature, seeds,
      [&](const OpenLoopFrames& frames) {
        if (std::find(steps.begin(), steps.end(), frames.step + 1) == steps.end()) {
          return;
        }
        strip.names.push_back(str(frames.step + 1, frames.step == 0 ? " step" : " steps"));
        std::vector<std::vector<std::uint8_t>>& row = strip.frames.emplace_back();
        row.push_back(frame_bytes(frames.recorded.slice(0, 0, 1)));
        for (std::int64_t i = 0; i < draws; ++i) {
          row.push_back(frame_bytes(frames.dreamed.slice(0, i, i + 1)));
        }
      });
  return strip;
}

}  // namespace reverie
