// The evolution of a controller: ask CMA-ES, let every candidate play the same episodes, tell it how they did.
#pragma once

#include <functional>
#include <vector>

#include "agent/cma_es.h"
#include "agent/evaluator.h"

namespace reverie {

struct GenerationReport {
  int generation = 0;  // 1 after the first
  double mean_fitness = 0, best_fitness = 0, worst_fitness = 0;
  double mean_length = 0;  // steps of an episode
  std::int64_t steps = 0;  // played by the whole population
};

// Runs until `strategy` has done `generations`. Generation g's episodes have the seeds that episode_seeds(g) gives.
void evolve(CmaEs& strategy, Evaluator& evaluator, int generations,
            const std::function<std::vector<std::uint64_t>(int generation)>& episode_seeds,
            const std::function<void(const GenerationReport&)>& after_generation);

}  // namespace reverie
