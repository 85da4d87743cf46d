#include "experiments/evolution.h"

#include <algorithm>

namespace reverie {

void evolve(CmaEs& strategy, Evaluator& evaluator, int generations,
            const std::function<std::vector<std::uint64_t>(int)>& episode_seeds,
            const std::function<void(const GenerationReport&)>& after_generation) {
  const std::size_t population = static_cast<std::size_t>(strategy.population_size());
  const std::size_t dimension = static_cast<std::size_t>(strategy.dimension());
  std::vector<double> candidates(population * dimension), fitness(population);
  std::vector<EvaluationJob> jobs(population);
  while (strategy.generation() < generations) {
    const std::vector<std::uint64_t> seeds = episode_seeds(strategy.generation());
    strategy.ask(candidates);
    for (std::size_t i = 0; i < population; ++i) {
      const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(i * dimension);
      jobs[i] = {std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(dimension)), seeds};
    }
    const auto results = evaluator.evaluate(jobs);
    GenerationReport report;
    for (std::size_t i = 0; i < population; ++i) {
      fitness[i] = 0.0;
      for (const EpisodeResult& result : results[i]) {
        fitness[i] += result.episode_return / static_cast<double>(seeds.size());
        report.steps += result.episode_length;
      }
      report.mean_fitness += fitness[i] / static_cast<double>(population);
    }
    strategy.tell(fitness);
    report.generation = strategy.generation();
    report.best_fitness = *std::max_element(fitness.begin(), fitness.end());
    report.worst_fitness = *std::min_element(fitness.begin(), fitness.end());
    report.mean_length = static_cast<double>(report.steps) / static_cast<double>(population * seeds.size());
    after_generation(report);
  }
}

}  // namespace reverie
