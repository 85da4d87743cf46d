// The search for a controller, one generation after another. Two ways: evolution.h, which ranks whole lives, and
// policy_gradient.h, which looks at single steps.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/arena.h"
#include "experiments/experiment.h"
#include "experiments/metrics.h"
#include "worldmodel/start_states.h"

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
  // Throws Stopped where the user asks for it; the search is then as it was before, and can be saved.
  virtual GenerationReport run_generation() = 0;
  virtual std::vector<double> parameters() const = 0;  // of the controller, as it is now

  // Everything that the search needs to go on bit for bit, between generations.
  virtual std::map<std::string, torch::Tensor> save() const = 0;
  virtual void load(const std::map<std::string, torch::Tensor>& state) = 0;
};

// Where and how long C is searched for.
struct SearchTask {
  TrainIn in = TrainIn::dream;
  DreamConfig dream;
  int iteration = 0;             // whose amounts count, where the config has a list of them
  std::uint64_t draw_index = 0;  // sets its random streams apart: equal ones play the same episodes
  int generations = 0;
  std::vector<double> start;  // parameters
};

// Where the task's C plays while it learns. Model and starts must outlive it.
Arena make_search_arena(const Experiment& experiment, const VaeMdnRnn& model, const StartStates& starts,
                        const SearchTask& task);

// By the config's method. The arena must outlive the search.
std::unique_ptr<ControllerSearch> make_controller_search(const Experiment& experiment, const VaeMdnRnn& model,
                                                         const StartStates& starts, Arena& arena,
                                                         const SearchTask& task);

}  // namespace reverie
