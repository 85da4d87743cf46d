#include "experiments/report/run_curves.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "env/error.h"
#include "experiments/models/model_family.h"

namespace reverie {

std::vector<ShownSection> shown_sections(const std::vector<RunRecord>& runs) {
  const auto dreamed = [](int steps) {
    return ShownQuantity{"open-loop",
                         str("dream_error_", steps),
                         str("Error after ", steps, " dreamed steps"),
                         "squared error a pixel",
                         Against::iterations,
                         str("frozen_error_", steps),
                         "a frozen frame"};
  };
  std::vector<ShownSection> sections = {
      {"c",
       "C: the controller",
       "How the search for a controller went.",
       {{"train-controller", "mean_fitness", "Fitness, mean of a generation", "return where C is trained"},
        {"train-controller", "best_fitness", "Fitness, best of a generation", "return where C is trained"},
        {"train-controller", "sigma", "CMA-ES's step size", "sigma"},
        {"train-controller", "mean_length", "Length of an episode", "steps"}}},
      {"dream",
       "The dream against the game",
       "Dreams from held-out moments under the recorded actions, after each iteration's training of the world model.",
       {dreamed(5),
        dreamed(10),
        dreamed(20),
        {"open-loop", "dream_reward_20", "Reward in 20 dreamed steps", "sum of rewards", Against::iterations,
         "recorded_reward_20", "recorded"}}}};
  for (const auto& family : model_families()) {
    const auto is_its = [&family](const RunRecord& run) { return run.model_kind == family->kind(); };
    if (std::any_of(runs.begin(), runs.end(), is_its)) {
      for (ShownSection& section : family->shown_sections()) {
        sections.push_back(std::move(section));
      }
    }
  }
  sections.push_back(
      {"data",
       "Data",
       "What was recorded for each iteration.",
       {{"collect", "mean_return", "Return of the recorded episodes", "mean return", Against::iterations},
        {"collect", "steps", "Steps recorded", "steps of the game", Against::iterations}}});
  return sections;
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
