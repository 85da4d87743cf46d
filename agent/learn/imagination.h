// Trains C in imagination: short dreams from recorded moments, through which gradients flow. A critic learns what a
// moment is worth, C learns to reach moments that are worth more. The actor-critic of Dreamer (D. Hafner et al., arXiv
// 1912.01603, section 3; return scale, two-hot critic and its slow copy from arXiv 2301.04104). C is the same
// controller as in the other searches, on whitened features; the critic is used in training only. It needs a world
// model whose imagine() and features() give gradients.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/learn/actor_critic.h"
#include "agent/learn/controller_search.h"
#include "agent/learn/imagination_config.h"
#include "env/environment.h"
#include "env/worker_pool.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/data_parallel.h"
#include "worldmodel/nn/two_hot.h"

namespace reverie {

// How much each step of a dream is worth from then on, all [steps, rows]: R_t = reward_t + keep_t ((1 - lambda)
// next_value_t + lambda R_{t+1}), and the last R is reward + keep next_value. reward_t and next_value_t belong to the
// moment that step t leads to; keep_t is the discount times the probability that the dream goes on. (Equation 6 of
// arXiv 1912.01603, with the rewards of arXiv 2301.04104.) Differentiable.
torch::Tensor lambda_returns(const torch::Tensor& reward, const torch::Tensor& next_value, const torch::Tensor& keep,
                             double lambda);

// The range of returns, from their 5th to their 95th percentile, each a running mean that begins at 0.
struct ReturnRange {
  double low = 0, high = 0;

  void update(const torch::Tensor& returns, double rate);
  double scale(double least) const { return std::max(least, high - low); }
};

class Imagination : public ControllerSearch, public SharedSearch {
 public:
  // What the dreams are: dream with the amounts of the iteration. Their horizon is the search's own.
  struct Place {
    const WorldModel& model;
    const StartStates& starts;  // both must outlive the search
    DreamConfig dream;
    ActionKind actions = ActionKind::box;
    int batch_size = 256;  // dreams of a shard in one update
  };

  // features: [n, feature] of moments that C may meet, to be whitened by. A generation's report has the noise, and the
  // means over its updates of the actor's and the critic's loss, the value, the return scale and the gradient's norm;
  // its fitness is what a dream pays. Throws Error (kind other) where the model gives no gradients, or where something
  // is not finite: the search cannot go on after that.
  Imagination(const ImaginationConfig& config, const ControllerConfig& controller, WorkerPool& pool,
              const torch::Tensor& features, const Place& place, const SearchTask& task);

  int generation() const override { return generation_; }
  GenerationReport run_generation() override;
  SavedPolicy policy() const override { return controller_policy(parameters()); }
  std::vector<double> parameters() const { return actor_critic_->controller(whitening_); }
  std::map<std::string, torch::Tensor> save() const override;
  void load(const std::map<std::string, torch::Tensor>& state) override;
  // Takes over the critic, its slow copy, the range of returns and a learnt deviation.
  void continue_from(const std::map<std::string, torch::Tensor>& state) override;
  std::unique_ptr<TaskEquipment> make_helper() override;

 private:
  class Helper;
  struct Dreams;  // of one shard in one update
  struct Learnt {
    double actor = 0, critic = 0, value = 0, paid = 0, length = 0;
    torch::Tensor returns;
  };

  double progress(int update) const;  // of all updates, 0 to 1
  double deviation(int update) const;
  std::map<std::string, torch::Tensor> slow_critic_and_range() const;
  void take_slow_critic_and_range(const std::map<std::string, torch::Tensor>& state);
  Dreams imagine(const ActorCritic& actor_critic, int shard, int update) const;
  torch::Tensor loss(const ActorCritic& actor_critic, int shard, int update, Learnt& learnt) const;
  torch::Tensor worth(const torch::Tensor& critic_outputs) const;  // [n, outputs] -> [n]
  torch::Tensor critic_loss(const torch::Tensor& critic_outputs, const torch::Tensor& target) const;  // [n]

  ImaginationConfig config_;
  WorkerPool& pool_;
  Place place_;
  std::vector<Squash> squash_;  // [action]
  std::uint64_t seed_;
  int generations_;
  Whitening whitening_;
  TwoHot two_hot_;

  bool starts_from_controller_ = false;
  int generation_ = 0;
  ActorCritic actor_critic_;
  CriticWeights slow_critic_;
  ReturnRange range_;
  Adam adam_;
  DataParallel<ActorCritic> parallel_;
};

}  // namespace reverie
