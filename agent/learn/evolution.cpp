#include "agent/learn/evolution.h"

#include <algorithm>

#include "env/random.h"

namespace reverie {
namespace {

NamedArrays to_arrays(const std::map<std::string, torch::Tensor>& tensors) {
  NamedArrays arrays;
  for (const auto& [name, tensor] : tensors) {
    arrays[name].assign(tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel());
  }
  return arrays;
}

}  // namespace

Evolution::Evolution(const CmaEsConfig& config, int episodes, Evaluator& evaluator, const SearchTask& task)
    : evaluator_(evaluator),
      run_seed_(task.run_seed),
      draw_index_(task.draw_index),
      episodes_(episodes),
      strategy_(config, task.start, derive_seed(task.run_seed, Stream::cma_es, task.draw_index)) {}

std::vector<std::uint64_t> Evolution::episode_seeds() const {
  std::vector<std::uint64_t> seeds;
  for (int episode = 0; episode < episodes_; ++episode) {
    const auto which = static_cast<std::uint64_t>(strategy_.generation()) * static_cast<std::uint64_t>(episodes_) +
                       static_cast<std::uint64_t>(episode);
    seeds.push_back(training_game_seed(run_seed_, Stream::controller_episode, draw_index_, which));
  }
  return seeds;
}

GenerationReport Evolution::run_generation() {
  const std::size_t population = static_cast<std::size_t>(strategy_.population_size());
  const std::size_t dimension = static_cast<std::size_t>(strategy_.dimension());
  const std::vector<std::uint64_t> seeds = episode_seeds();
  std::vector<double> candidates(population * dimension), fitness(population);
  strategy_.ask(candidates);
  std::vector<EvaluationJob> jobs(population);
  for (std::size_t i = 0; i < population; ++i) {
    const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(i * dimension);
    jobs[i] = {controller_policy({begin, begin + static_cast<std::ptrdiff_t>(dimension)}), seeds};
  }
  const auto results = evaluator_.evaluate(jobs);
  GenerationReport report;
  for (std::size_t i = 0; i < population; ++i) {
    for (const EpisodeResult& result : results[i]) {
      fitness[i] += result.episode_return / static_cast<double>(seeds.size());
      report.steps += result.episode_length;
    }
    report.mean_fitness += fitness[i] / static_cast<double>(population);
  }
  strategy_.tell(fitness);
  report.generation = strategy_.generation();
  report.mean_length = static_cast<double>(report.steps) / static_cast<double>(population * seeds.size());
  report.more = {{"best_fitness", *std::max_element(fitness.begin(), fitness.end())},
                 {"worst_fitness", *std::min_element(fitness.begin(), fitness.end())},
                 {"sigma", strategy_.sigma()}};
  return report;
}

std::map<std::string, torch::Tensor> Evolution::save() const {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& [name, values] : strategy_.save()) {
    tensors[name] = torch::tensor(values, torch::kFloat64);
  }
  return tensors;
}

void Evolution::load(const std::map<std::string, torch::Tensor>& state) {
  strategy_.load(to_arrays(state));
}

void Evolution::continue_from(const std::map<std::string, torch::Tensor>& state) {
  NamedArrays before = to_arrays(state);
  before["generation"] = before["decomposed"] = {0.0};  // each iteration counts its own generations
  before["mean"] = parameters();
  strategy_.load(before);
}

}  // namespace reverie
