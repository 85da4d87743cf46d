// An experiment as plain data: every struct that YAML can fill. configs/ explains each key in place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/learn/cma_es.h"
#include "agent/learn/ppo.h"
#include "agent/noisy_policy.h"
#include "agent/random_policy.h"
#include "env/error.h"
#include "env/games.h"
#include "experiments/config/config_reader.h"
#include "experiments/config/model_config.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/nn/precision.h"

namespace reverie {

// Amounts that change from one iteration to the next are lists: one value an iteration, the last one repeated.
template <typename Amount>
Amount at_iteration(const std::vector<Amount>& amounts, int iteration) {
  REVERIE_CHECK(amounts.size(), >, 0u);
  REVERIE_CHECK(iteration, >=, 0);
  return amounts[std::min(static_cast<std::size_t>(iteration), amounts.size() - 1)];
}

// An iteration that is later than every list is long: at_iteration() gives the last amount.
inline constexpr int kLastIteration = std::numeric_limits<int>::max();

struct CollectConfig {
  std::vector<int> episodes = {64};          // recorded in each iteration
  std::vector<int> max_episode_steps = {0};  // in each iteration; 0: the game's own clock
  int batch_size = 16;                       // games side by side on one thread
  double random_share = 0.0;                 // of the episodes after iteration 0 are played by the random policy
  int num_controllers = 1;                   // the other episodes: this many of the newest checkpoints take turns
  RandomPolicyConfig random;
  // exploration.noisy_share in each iteration.
  std::vector<double> noisy_shares = {0.5};
  ExplorationConfig exploration;

  ExplorationConfig exploration_at(int iteration) const;
  void validate() const;
};

struct TrainingConfig {
  std::vector<int> epochs = {10};  // in each iteration; an epoch ends with a look at held-out episodes and a checkpoint
  int updates_per_epoch = 100;
  int batch_size = 100;
  int shards = 2;                                         // the batch is cut into this many pieces, which threads share
  double learning_rate = 1e-3, learning_rate_end = 1e-3;  // half a cosine over each iteration
  double gradient_clip = 0.0;                             // by value; 0: off

  void validate(const char* section) const;
};

struct DreamStageConfig {
  DreamConfig dream;
  // dream.pay_cap.max_reward in each iteration: rising, it lets C drive no faster than M has seen cars drive.
  std::vector<double> max_rewards = {0.0};

  DreamConfig at(int iteration) const;
  void validate() const;
};

enum class TrainIn { dream, game };
enum class TrainMethod { evolution, policy_gradient };

struct PolicyGradientConfig {
  PpoConfig ppo;
  // In each iteration: policy_gradient.discount, noise and noise_end.
  std::vector<double> discount = {0.97}, noise = {0.7}, noise_end = {0.4};

  PpoConfig at(int iteration) const;
  void validate() const;
};

struct TrainControllerConfig {
  std::vector<TrainIn> in = {TrainIn::dream};  // in each iteration
  std::vector<int> generations = {50};         // in each iteration
  TrainMethod method = TrainMethod::evolution;
  CmaEsConfig cma_es;
  PolicyGradientConfig policy_gradient;
  bool continue_search = false;  // from the last iteration's step size and covariance, not from its mean alone
  int episodes = 16;             // each candidate plays, the same ones as its rivals
  int batch_size = 256;          // rows of one forward of the model on one thread
  int checkpoint_every = 5;      // generations
  int num_start_states = 20000;  // recorded moments where dreams can begin
  // In each iteration, played by each checkpoint where it learnt, from held-out moments of the dream or on games of
  // their own: the best one is taken. 0: the newest is.
  std::vector<int> choose_episodes = {0};

  void validate() const;
};

struct EvaluateConfig {
  int episodes = 32;
  std::uint64_t seed = 1000000;  // the first game seed; training never plays one below 2^32
  int batch_size = 16;
  bool baselines = true;  // the closing table also scores what has not learnt

  void validate() const;
};

enum class Device { automatic, cpu, cuda };

struct ExperimentConfig {
  std::uint64_t seed = 1;
  int iterations = 1;
  Precision precision = Precision::automatic;
  Device device = Device::automatic;
  int threads = 0;  // 0: one for each processor that this process may use (env/processors.h)
  GameConfig game;
  CollectConfig collect;
  ModelChoice model;
  ControllerConfig controller;
  DreamStageConfig dream;
  TrainControllerConfig train_controller;
  EvaluateConfig evaluate;

  bool dreams() const;  // whether C learns in the dream in some iteration
  void validate() const;
};

void visit(ConfigVisitor& v, ExperimentConfig& c);

// Reads a config file with overrides on top, precision resolved.
ExperimentConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides = {});

// A config file's text with every key: those it lacks with their default. So a run made before a key was thought of
// counts as one that was made with the key's default.
std::string complete_config_text(const std::filesystem::path& file);

void visit_training(ConfigVisitor& v, TrainingConfig& c);  // into the section that v is in

// Keys that may be larger when a run is continued, and keys that change nothing that is kept.
std::vector<std::string> growing_keys(const ExperimentConfig& config);
const std::vector<std::string>& free_keys();

}  // namespace reverie
