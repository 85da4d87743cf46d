// Evolves C: asks CMA-ES for candidates, lets each of them play the same episodes, and tells CMA-ES their fitness.
#pragma once

#include "agent/evaluator.h"
#include "agent/learn/cma_es.h"
#include "agent/learn/controller_search.h"

namespace reverie {

class Evolution : public ControllerSearch {
 public:
  // episodes: how many each candidate plays; all candidates play the same ones. The evaluator must outlive the search.
  Evolution(const CmaEsConfig& config, int episodes, Evaluator& evaluator, const SearchTask& task);

  int generation() const override { return strategy_.generation(); }
  GenerationReport run_generation() override;
  SavedPolicy policy() const override { return controller_policy(parameters()); }
  std::vector<double> parameters() const { return {strategy_.mean().begin(), strategy_.mean().end()}; }
  std::map<std::string, torch::Tensor> save() const override;
  void load(const std::map<std::string, torch::Tensor>& state) override;
  // Takes step sizes and covariance over, not the mean.
  void continue_from(const std::map<std::string, torch::Tensor>& state) override;

 private:
  std::vector<std::uint64_t> episode_seeds() const;

  Evaluator& evaluator_;
  std::uint64_t run_seed_, draw_index_;
  int episodes_;  // of each candidate
  CmaEs strategy_;
};

}  // namespace reverie
