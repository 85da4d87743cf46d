// An experiment as plain data: every struct that YAML can fill. `reverie config --help SECTION` shows its keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "agent/controller.h"
#include "agent/learn/cma_es.h"
#include "agent/learn/imagination_config.h"
#include "agent/learn/ppo.h"
#include "agent/noisy_policy.h"
#include "agent/plan/planner_config.h"
#include "agent/random_policy.h"
#include "env/error.h"
#include "env/fields.h"
#include "env/games.h"
#include "experiments/config/model_config.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/nn/precision.h"

namespace reverie {

struct CollectConfig {
  Schedule<int> episodes = 64;
  Schedule<int> max_episode_steps = 0;
  int batch_size = 16;
  double held_out_share = 0.05;
  double random_share = 0.0;
  double planner_share = 0.0;
  int num_controllers = 1;
  RandomPolicyConfig random;
  ExplorationConfig exploration;
};

inline std::vector<Field> fields(CollectConfig& c) {
  return {number_field("episodes", c.episodes, 2, 999999, "recorded in each iteration"),
          number_field("max_episode_steps", c.max_episode_steps, 0, 100000000,
                       "of an episode, in each iteration; 0: the game's own clock"),
          number_field("batch_size", c.batch_size, 1, 4096, "games side by side on one thread"),
          number_field("held_out_share", c.held_out_share, 0.0, 1.0,
                       "of the episodes, which no model trains on; at least one of an iteration"),
          number_field("random_share", c.random_share, 0.0, 1.0,
                       "of the episodes after iteration 0 are played by the random policy"),
          number_field("planner_share", c.planner_share, 0.0, 1.0,
                       "of the other episodes after iteration 0 are played by the planner"),
          number_field("num_controllers", c.num_controllers, 1, 1000,
                       "the newest checkpoints, which take turns in the other episodes"),
          section_field("random", c.random, "the policy that has learnt nothing"),
          section_field("exploration", c.exploration, "how controllers are disturbed while they collect")};
}

// How a network is trained in an iteration.
struct TrainingConfig {
  Schedule<int> epochs = 10;
  int updates_per_epoch = 100;
  int batch_size = 100;
  int shards = 2;
  double learning_rate = 1e-3, learning_rate_end = 1e-3;
  double gradient_clip = 0.0;
  double gradient_clip_norm = 0.0;
  Schedule<int> rank = 0;
  std::vector<std::string> parts;
  int patience = 0;

  bool adapts() const { return rank.at(0) > 0 || !parts.empty(); }  // of an iteration's config
  void validate() const;
};

inline std::vector<Field> fields(TrainingConfig& c) {
  return {
      number_field("epochs", c.epochs, 0, 100000000,
                   "in each iteration; each ends with held-out figures and a checkpoint; 0: the weights stay"),
      number_field("updates_per_epoch", c.updates_per_epoch, 1, 100000000, "of the weights"),
      number_field("batch_size", c.batch_size, 1, 1000000, "of an update"),
      number_field("shards", c.shards, 1, 1024,
                   "pieces that a batch is cut into, which threads share; part of the result"),
      number_field("learning_rate", c.learning_rate, 0.0, 10.0, "Adam's; half a cosine over each iteration from here"),
      number_field("learning_rate_end", c.learning_rate_end, 0.0, 10.0, "to here"),
      number_field("gradient_clip", c.gradient_clip, 0.0, 1e9, "largest value of a gradient's entries; 0: off"),
      number_field("gradient_clip_norm", c.gradient_clip_norm, 0.0, 1e9,
                   "gradients that are longer together are shortened to this norm; 0: off"),
      number_field("rank", c.rank, 0, 8192,
                   "in each iteration: matrices change by products of this rank (LoRA); 0: as they like"),
      text_field("parts", c.parts,
                 "words with which the names of the weights that change begin or end, such as bias; none: all change"),
      number_field("patience", c.patience, 0, 1000000,
                   "end where the first held-out figure has not fallen for so many epochs, and keep the best one; 0: "
                   "never")};
}

enum class TrainIn { dream, game };
enum class TrainMethod { evolution, policy_gradient, imagination };
enum class SearchBegin { automatic, zero, last };

struct TrainControllerConfig {
  Schedule<TrainIn> in = TrainIn::dream;
  Schedule<int> generations = 50;
  TrainMethod method = TrainMethod::evolution;
  CmaEsConfig cma_es;
  PpoConfig policy_gradient;
  ImaginationConfig imagination;
  SearchBegin begin = SearchBegin::automatic;
  bool continue_search = false;
  int episodes = 16;
  int batch_size = 256;
  int checkpoint_every = 5;
  int num_start_states = 20000;
  Schedule<int> choose_episodes = 0;
};

inline std::vector<Field> fields(TrainControllerConfig& c) {
  return {
      choice_field("in", c.in, {"dream", "game"}, "where C learns, in each iteration"),
      number_field("generations", c.generations, 0, 100000000, "of the search, in each iteration"),
      choice_field("method", c.method, {"evolution", "policy_gradient", "imagination"},
                   "CMA-ES, which looks at whole episodes; PPO, which looks at steps; or Dreamer's actor-critic, which "
                   "looks through the dream"),
      section_field("cma_es", c.cma_es, "of method evolution"),
      section_field("policy_gradient", c.policy_gradient, "of method policy_gradient"),
      section_field("imagination", c.imagination, "of method imagination"),
      choice_field("begin", c.begin, {"automatic", "zero", "last"},
                   "what a search starts from after iteration 0: the last iteration's C, or zero; automatic: zero for "
                   "policy gradients where the world model has learnt since"),
      bool_field(
          "continue_search", c.continue_search,
          "a search goes on with what the last iteration's learnt: of evolution its step size and covariance, not "
          "its mean alone; of imagination C and the critic"),
      number_field("episodes", c.episodes, 1, 100000,
                   "of evolution: played by each candidate; the same ones for all of a generation"),
      number_field("batch_size", c.batch_size, 1, 100000,
                   "rows of one forward of the model on one thread; part of the result"),
      number_field("checkpoint_every", c.checkpoint_every, 1, 1000000, "generations"),
      number_field("num_start_states", c.num_start_states, 1, 10000000, "recorded moments where dreams can start"),
      number_field("choose_episodes", c.choose_episodes, 0, 100000000,
                   "in each iteration: played by each checkpoint where it learnt, from held-out moments of the dream "
                   "or on games of their own; the best checkpoint is taken. 0: the newest is")};
}

struct EvaluateConfig {
  int episodes = 32;
  std::uint64_t seed = 1000000;
  int batch_size = 16;
  bool baselines = true;
  int planner_episodes = 0;
};

inline std::vector<Field> fields(EvaluateConfig& c) {
  return {number_field("episodes", c.episodes, 2, 1000000, "of a score"),
          number_field("seed", c.seed, 0, (std::uint64_t{1} << 32) - 1000001,
                       "the first game seed; training plays none below 2^32"),
          number_field("batch_size", c.batch_size, 1, 4096, "games side by side on one thread"),
          bool_field("baselines", c.baselines, "the closing table also scores policies that have not learnt"),
          number_field("planner_episodes", c.planner_episodes, 0, 1000000,
                       "of the planner's score in the closing table; 0: it has none")};
}

enum class Device { automatic, cpu, cuda };

struct ExperimentConfig {
  std::uint64_t seed = 1;
  int iterations = 1;
  Precision precision = Precision::automatic;
  Device device = Device::automatic;
  int threads = 0;
  GameConfig game;
  CollectConfig collect;
  ModelChoice model;
  ControllerConfig controller;
  DreamConfig dream;
  PlannerConfig planner;
  TrainControllerConfig train_controller;
  EvaluateConfig evaluate;

  // With the amounts of that iteration. What a stage works with.
  ExperimentConfig at(int iteration) const;

  bool dreams() const;  // whether C learns in the dream in some iteration
  void validate() const;
};

std::vector<Field> fields(GameConfig& c);
std::vector<Field> fields(ExperimentConfig& c);

// The defaults of that config's game and world model.
ExperimentConfig defaults_of(const ExperimentConfig& config);

// Reads a config file with overrides on top, as it stands there.
ExperimentConfig read_experiment(const std::filesystem::path& file, std::span<const std::string> overrides = {});

// The same for a run, with the precision that `auto` means here.
ExperimentConfig load_config(const std::filesystem::path& file, std::span<const std::string> overrides = {});

// A config file's text with every key: those it lacks with their default. So a run made before a key was thought of
// counts as one that was made with the key's default.
std::string complete_config_text(const std::filesystem::path& file);

// Keys that may be larger when a run is continued, and keys that change nothing that is kept.
std::vector<std::string> growing_keys(const ExperimentConfig& config);
const std::vector<std::string>& free_keys();

}  // namespace reverie
