// Open-loop prediction: dreams that start at recorded moments and follow the recorded actions, compared with the
// recording.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "worldmodel/embedded_episodes.h"

namespace reverie {

// One open-loop dream, [horizon] each: entry k compares the dream's step k + 1 with the recorded step. Errors of frames
// are squared errors, mean over pixels in 0..1 and colours.
struct OpenLoopTrace {
  std::int64_t start = 0;                    // the moment: the dream saw frames 0 to start
  std::vector<double> dream_error;           // of the dreamed frame
  std::vector<double> frozen_error;          // of the frame that the dream started from
  std::vector<double> reconstruction_error;  // of the recorded frame's reconstruction: no dream can do better
  // - log likelihood of what was recorded in the dream, nats a dimension; empty for a model without a BeliefView.
  std::vector<double> latent_nll;
  std::vector<double> informed_nll;  // the same for a model that has observed every frame before
  std::vector<double> dream_reward, recorded_reward;
  std::vector<double> end_probability;
  std::vector<std::uint8_t> terminated;
};

// The frames behind one step of some traces, [traces, 3, height, width] each, 0 to 1.
struct OpenLoopFrames {
  int step = 0;  // 0 to horizon - 1, as in the traces
  torch::Tensor recorded, reconstructed, dreamed, frozen;
  torch::Tensor features;  // of the dreamed states, [traces, feature]
};

// Dreams from moments of one episode, all in one batch. frame: recorded frame t as [1, 3, height, width]. seeds: of
// each dream's noise. look is called at every step.
std::vector<OpenLoopTrace> dream_on(const WorldModel& model, const EmbeddedEpisode& episode,
                                    const std::function<torch::Tensor(std::int64_t t)>& frame,
                                    const std::vector<std::int64_t>& starts, int horizon, float temperature,
                                    std::span<const std::uint64_t> seeds,
                                    const std::function<void(const OpenLoopFrames&)>& look = {});

// The divergence horizon: for how many steps a dream predicts better than a frozen frame, the frame of its start. The
// first step (from 1) at which the dream's error is no longer below the frozen frame's, having been below it before; 1
// where it never was below, 0 where it stays below to the end.
int divergence_horizon(std::span<const double> dream_error, std::span<const double> frozen_error);

enum class OpenLoopStart {
  any,   // moments after a warm-up of at least `warm_up` steps
  lost,  // moments before which nothing paid for `lost_after` steps: where dreams tend to invent rewards
};

struct OpenLoopConfig {
  int moments = 128;
  int horizon = 20;  // steps dreamed
  int warm_up = 20;
  int lost_after = 60;
  float temperature = 1.0f;
  OpenLoopStart start = OpenLoopStart::any;
};

// Means over the moments; zeros where no recorded moment qualifies.
struct OpenLoopResult {
  int moments = 0;
  std::vector<double>
      dream_error;  // [horizon], squared error of the dreamed frame, mean over pixels in 0..1 and colours
  std::vector<double> frozen_error;              // [horizon], of the frame that the dream started from
  double dream_reward = 0, recorded_reward = 0;  // summed over the horizon
};

// on_episode is called before each episode; it may throw to stop the measurement.
OpenLoopResult measure_open_loop(const WorldModel& model, const EmbeddedEpisodes& source,
                                 const std::vector<int>& episodes, const OpenLoopConfig& config, std::uint64_t seed,
                                 const std::function<void()>& on_episode = {});

}  // namespace reverie
