// C by policy gradient (PPO): noise on C's outputs, and what turned out better than the critic had thought is made more
// likely. It looks at single steps where evolution only sees how long whole lives were, and needs a small part of the
// dreams. C stays what it is, a few numbers on [z, h]; the critic is thrown away. A search that is given a controller
// to start from leaves it as it is for one generation, in which the critic gets to know it.
#pragma once

#include "agent/controller.h"
#include "env/environment.h"
#include "env/worker_pool.h"
#include "experiments/controller_search.h"
#include "worldmodel/actor_critic.h"
#include "worldmodel/adam.h"
#include "worldmodel/data_parallel.h"

namespace reverie {

class PolicyGradient : public ControllerSearch {
 public:
  // config: its seed, controller and train_controller.policy_gradient. features: [n, feature] of moments that C may
  // meet, to be whitened by. environments: as many as the config has shards; they and the pool must outlive the search.
  PolicyGradient(const ExperimentConfig& config, WorkerPool& pool, const torch::Tensor& features,
                 const std::vector<FeatureEnvironment*>& environments, const SearchTask& task);
  ~PolicyGradient() override;

  int generation() const override { return generation_; }
  GenerationReport run_generation() override;
  std::vector<double> parameters() const override { return actor_critic_->controller(whitening_); }
  std::map<std::string, torch::Tensor> save() const override;
  void load(const std::map<std::string, torch::Tensor>& state) override;

 private:
  struct Shard;

  double progress(int update) const;  // of all updates, 0 to 1
  double deviation(int update) const;
  void begin_episodes(Shard& shard, const std::vector<int>& rows);
  Rollout play(Shard& shard, int update);
  void learn(std::vector<Rollout> rollouts, int update);
  std::string when(int update) const;  // how an error begins
  // Throws Error, saying when, where value is not finite.
  void check_finite_number(const char* what, double value, int update) const;

  PolicyGradientConfig settings_;
  WorkerPool& pool_;
  std::vector<Squash> squash_;  // [action]
  std::uint64_t run_seed_, draw_index_, seed_;
  int generations_;
  double discount_, noise_, noise_end_;  // of this iteration
  Whitening whitening_;

  bool starts_from_controller_ = false;
  int generation_ = 0;
  ActorCritic actor_critic_;
  Adam adam_;
  DataParallel<ActorCritic> parallel_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Measurements> learnt_;  // from each minibatch of this generation
};

}  // namespace reverie
