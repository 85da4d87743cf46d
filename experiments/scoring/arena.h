// Where controllers are scored: the game seen through a world model, or its dream, a batch for each thread.
#pragma once

#include <memory>
#include <vector>

#include "agent/evaluator.h"
#include "env/batch_environment.h"
#include "env/helper.h"
#include "experiments/models/saved.h"
#include "experiments/run/experiment.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/encoded_environment.h"

namespace reverie {

// Helpers play along where the model has a source.
class Arena {
 public:
  // The model and the starts must outlive the arena. num_environments: 0 for one a thread; others are a search's, which
  // shares its work itself. game: null takes the game as it is in the last iteration.
  static Arena game(const Experiment& experiment, const ModelHere& model, int batch_size, int num_environments = 0,
                    const GameConfig* game = nullptr);
  static Arena dream(const Experiment& experiment, const ModelHere& model, const StartStates& starts,
                     const DreamConfig& config, int batch_size, int num_environments = 0);

  Evaluator& evaluator() { return *evaluator_; }
  std::vector<FeatureEnvironment*> environments() const;

  // One policy, one episode a seed.
  std::vector<EpisodeResult> play(const SavedPolicy& policy, const std::vector<std::uint64_t>& seeds);

 private:
  Arena() = default;
  void finish(const Experiment& experiment, Equipped helpers);

  std::vector<std::unique_ptr<BatchEnvironment>> games_;
  std::vector<std::unique_ptr<FeatureEnvironment>> environments_;
  std::unique_ptr<Evaluator> evaluator_;
};

// What helpers play with, in an arena and in play_random().
inline constexpr const char* kArenaEquipment = "arena";
inline constexpr const char* kRandomEquipment = "random";
std::unique_ptr<Equipment> take_arena(MessageReader& context, WorkerPool& pool);
std::unique_ptr<Equipment> take_random_player(MessageReader& context, WorkerPool& pool);

// The random policy of the config in the game, one episode a seed.
std::vector<EpisodeResult> play_random(const Experiment& experiment, const RandomPolicyConfig& policy,
                                       const std::vector<std::uint64_t>& seeds);

struct Score {
  double mean = 0, deviation = 0;  // of the returns; the deviation with n - 1
  double min = 0, max = 0, mean_length = 0;
  int count = 0;
};
Score score_of(const std::vector<EpisodeResult>& results);

constexpr std::uint64_t kFirstTrainingSeed = std::uint64_t{1} << 32;  // training_game_seed() gives none below

// The seeds first, first + 1, ..., on which every score is played. Error (kind usage) if training may use one of them.
std::vector<std::uint64_t> evaluation_seeds(std::uint64_t first, int count);

}  // namespace reverie
