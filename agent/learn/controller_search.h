// The search for a controller, one generation after another: evolution.h ranks whole lives, ppo.h looks at single
// steps.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/saved_policy.h"
#include "env/measurements.h"

namespace reverie {

struct GenerationReport {
  int generation = 0;                        // 1 after the first
  double mean_fitness = 0, mean_length = 0;  // return and steps of an episode
  std::int64_t steps = 0;
  Measurements more;
};

class ControllerSearch {
 public:
  virtual ~ControllerSearch() = default;
  virtual int generation() const = 0;  // done so far
  // Throws Stopped where the pool or evaluator is told to stop; the search is then as it was before, and can be saved.
  virtual GenerationReport run_generation() = 0;
  virtual SavedPolicy policy() const = 0;  // what it has found, as it is now

  // Everything that the search needs to go on bit for bit, between generations.
  virtual std::map<std::string, torch::Tensor> save() const = 0;
  virtual void load(const std::map<std::string, torch::Tensor>& state) = 0;

  // Before the first generation: takes over what another search of its kind, which saved `state` at its end, learnt
  // about searching. The controller to start from is the task's. A kind that keeps nothing of use does nothing.
  virtual void continue_from(const std::map<std::string, torch::Tensor>& /*state*/) {}
};

// What every kind of search is told.
struct SearchTask {
  std::uint64_t run_seed = 1;
  std::uint64_t draw_index = 0;  // sets its random streams apart from those of the run's other searches
  int generations = 0;           // how many there will be; run_generation() may be called less often
  std::vector<double> start;     // parameters of the controller to start from
};

}  // namespace reverie
