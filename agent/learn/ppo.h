// Trains C by policy gradient (PPO): noise is added to C's outputs, and actions that turned out better than the critic
// had expected are made more likely. It learns from single steps, where evolution only sees the returns of whole
// episodes, so it needs far fewer dreams. C is the same controller as in evolution; the critic is used in training
// only. A search that starts from a given controller leaves it unchanged for one generation, in which only the critic
// learns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/learn/actor_critic.h"
#include "agent/learn/controller_search.h"
#include "env/environment.h"
#include "env/fields.h"
#include "env/worker_pool.h"
#include "worldmodel/nn/adam.h"
#include "worldmodel/nn/data_parallel.h"

namespace reverie {

// In one generation each row (the batch of each shard's environment) begins afresh and plays and learns in turns.
struct PpoConfig {
  int shards = 2;
  int steps = 32;
  int updates = 16;
  int epochs = 3;
  int minibatches = 4;
  Schedule<double> discount = 0.97;
  double lambda = 0.95;
  double clip = 0.2;
  double gradient_clip_norm = 0.0;
  double learning_rate = 2e-3, learning_rate_end = 2e-4;
  Schedule<double> noise = 0.7, noise_end = 0.4;

  void validate() const;
};

inline std::vector<Field> fields(PpoConfig& c) {
  return {number_field("shards", c.shards, 1, 1024, "batches of rows, which threads share; part of the result"),
          number_field("steps", c.steps, 1, 100000, "of each row between two updates"),
          number_field("updates", c.updates, 1, 100000, "of a generation"),
          number_field("epochs", c.epochs, 1, 1000, "over the steps of an update"),
          number_field("minibatches", c.minibatches, 1, 100000, "parts of an epoch; at most as many as steps"),
          number_field("discount", c.discount, 0.0, 0.9999, "in each iteration: of later rewards, per step"),
          number_field("lambda", c.lambda, 0.0, 1.0, "of generalized advantage estimation"),
          number_field("clip", c.clip, 1e-3, 10.0, "how far a ratio of probabilities may leave 1"),
          number_field("gradient_clip_norm", c.gradient_clip_norm, 0.0, 1e9,
                       "longer gradients are shortened to this norm; 0: off"),
          number_field("learning_rate", c.learning_rate, 0.0, 10.0, "Adam's; half a cosine over the search from here"),
          number_field("learning_rate_end", c.learning_rate_end, 0.0, 10.0, "to here"),
          number_field("noise", c.noise, 1e-3, 100.0,
                       "in each iteration: deviation of the noise on C's outputs before they are squashed, in the "
                       "first generation; of discrete actions: the temperature of the softmax over C's scores"),
          number_field("noise_end", c.noise_end, 1e-3, 100.0, "in each iteration: the same in the last generation")};
}

class Ppo : public ControllerSearch, public SharedSearch {
 public:
  // controller: of the C that is searched for. features: [n, feature] of moments that C may meet, to be whitened by.
  // environments: as many as the config has shards; they and the pool must outlive the search. A generation's report
  // has noise, and the means over its minibatches of policy_loss, value_loss, approximate_kl, clip_fraction
  // (PolicyGradientLoss says what they are) and gradient_norm (before it is clipped). Throws Error (kind other) where
  // an environment or learning gives what is not finite: the search cannot go on after that.
  Ppo(const PpoConfig& config, const ControllerConfig& controller, WorkerPool& pool, const torch::Tensor& features,
      const std::vector<FeatureEnvironment*>& environments, const SearchTask& task);
  ~Ppo() override;

  int generation() const override { return generation_; }
  GenerationReport run_generation() override;
  SavedPolicy policy() const override { return controller_policy(parameters()); }
  std::vector<double> parameters() const { return actor_critic_->controller(whitening_); }
  std::map<std::string, torch::Tensor> save() const override;
  void load(const std::map<std::string, torch::Tensor>& state) override;
  std::unique_ptr<TaskEquipment> make_helper() override;

 private:
  struct Shard;
  class Helper;
  enum class Turn : std::uint8_t { play, learn };  // of a generation's updates

  double progress(int update) const;  // of all updates, 0 to 1
  double deviation(int update) const;
  void begin_episodes(Shard& shard, const std::vector<int>& rows);
  Rollout play(Shard& shard, int update);
  void play_all(std::vector<Rollout>& rollouts, int update);
  // Advantages as they count in learning: `mean` and `spread` are those of all shards.
  void normalize(Rollout& rollout, double mean, double spread) const;
  void learn(std::vector<Rollout>& rollouts, int update);
  std::string when(int update) const;  // the beginning of an error message: the generation and the update
  // Throws Error, saying when, where value is not finite.
  void check_finite_number(const char* what, double value, int update) const;

  PpoConfig config_;
  WorkerPool& pool_;
  std::vector<Squash> squash_;  // [action]
  std::uint64_t run_seed_, draw_index_, seed_;
  int generations_;
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
