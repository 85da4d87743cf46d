#include "experiments/report/run_curves.h"

#include <cmath>
#include <map>

namespace reverie {

const std::vector<ShownQuantity>& shown_quantities() {
  static const std::vector<ShownQuantity> all = {
      {kSectionV, "train-vae", "held_out_reconstruction", "Reconstruction, held-out frames", "squared error a frame",
       Against::steps, "mean_frame_error", "the mean frame"},
      {kSectionV, "train-vae", "held_out_kl", "KL from the prior, held-out frames", "nats"},
      {kSectionM, "train-mdn-rnn", "held_out_latent", "Next latent, held-out episodes",
       "− log likelihood, nats a dimension", Against::steps, "last_latent_gaussian", "around the last latent"},
      {kSectionM, "train-mdn-rnn", "held_out_reward", "Reward, held-out episodes", "loss"},
      {kSectionM, "train-mdn-rnn", "held_out_end", "End, held-out episodes", "loss"},
      {kSectionDream, "open-loop", "dream_error_5", "Error after 5 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_5", "a frozen frame"},
      {kSectionDream, "open-loop", "dream_error_10", "Error after 10 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_10", "a frozen frame"},
      {kSectionDream, "open-loop", "dream_error_20", "Error after 20 dreamed steps", "squared error a pixel",
       Against::iterations, "frozen_error_20", "a frozen frame"},
      {kSectionDream, "open-loop", "dream_reward_20", "Reward in 20 dreamed steps", "sum of rewards",
       Against::iterations, "recorded_reward_20", "recorded"},
      {kSectionC, "train-controller", "mean_fitness", "Fitness, mean of a generation", "return where C is trained"},
      {kSectionC, "train-controller", "best_fitness", "Fitness, best of a generation", "return where C is trained"},
      {kSectionC, "train-controller", "sigma", "CMA-ES's step size", "sigma"},
      {kSectionC, "train-controller", "mean_length", "Length of an episode", "steps"},
      {kSectionData, "collect", "mean_return", "Return of the recorded episodes", "mean return", Against::iterations},
      {kSectionData, "collect", "steps", "Steps recorded", "steps of the game", Against::iterations},
  };
  return all;
}

CurvePoints points_of(const RunRecord& run, const ShownQuantity& quantity, const std::string& name) {
  const auto stage = run.curves.find(quantity.stage);
  if (stage == run.curves.end() || stage->second.count(name) == 0) {
    return {};
  }
  const LearningCurve& curve = stage->second.at(name);
  CurvePoints points;
  for (std::size_t i = 0; i < curve.value.size(); ++i) {
    points.x.push_back(quantity.against == Against::steps ? curve.x[i] : curve.iteration[i]);
    points.y.push_back(curve.value[i]);
  }
  return points;
}

SeedSpread spread_of(const std::vector<RunRecord>& runs, const RunGroup& group, const ShownQuantity& quantity,
                     const std::string& name) {
  std::map<double, std::vector<double>> values;
  for (const std::size_t run : group.runs) {
    const CurvePoints points = points_of(runs[run], quantity, name);
    for (std::size_t i = 0; i < points.x.size(); ++i) {
      if (std::isfinite(points.y[i])) {
        values[points.x[i]].push_back(points.y[i]);
      }
    }
  }
  SeedSpread spread;
  for (const auto& [x, y] : values) {
    spread.x.push_back(x);
    spread.y.push_back(statistics_of(y));
  }
  return spread;
}

}  // namespace reverie
