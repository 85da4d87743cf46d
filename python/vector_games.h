// Many games on threads, as Gymnasium's vector environments want them: automatic resets, results written into the
// caller's arrays, states that can be kept and taken up again.
#pragma once

#include <sys/types.h>

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "env/games.h"
#include "env/random.h"
#include "env/worker_pool.h"

namespace reverie {

// What happens to a row whose episode has ended. Gymnasium's AutoresetMode, in its order.
enum class Autoreset {
  next_step,  // the next step ignores the row's action and begins the next episode: reward 0
  same_step,  // the next episode begins in the step that ended the last one
  disabled,   // the caller resets; stepping a finished row is refused
};

struct VectorGamesConfig {
  GameConfig game;
  int num_games = 1;
  int num_threads = 1;  // at most one a game is used
  Autoreset autoreset = Autoreset::next_step;
  // None: the game's own clock; 0: no clock. With an action repeat the game's own ends an episode in any case.
  std::optional<int> max_episode_steps;
  int height = 0, width = 0;  // of the frames; 0: the game's native picture
};

// All that a row's future depends on. A game's state is its seed, its config and the actions since.
struct RowState {
  std::uint64_t first_seed = 0;  // of the generator that gives each automatic reset its seed
  std::uint64_t resets = 0;      // how many seeds it has given
  std::uint64_t seed = 0;        // of this episode
  std::any config;               // of this episode; empty: the environment's own
  std::vector<float> actions;    // [steps, action]
  bool over = false;
};

// Arrays of the caller, one row a game. Those that are not wanted are empty.
struct VectorOutputs {
  std::span<std::uint8_t> frames;  // [games, height, width, 3]
  std::span<double> rewards;
  std::span<bool> terminated, truncated;
  std::span<double> progress;  // [games, progress entries]: NaN where there is nothing to say
  // Of episodes that ended in this step, where the next one began in it: as they stood then.
  std::span<std::uint8_t> final_frames;
  std::span<double> final_progress;
  std::span<bool> ended;
};

// Errors: Error (data) with a sentence for people; nothing has been stepped then. Not for two threads at once.
class VectorGames {
 public:
  explicit VectorGames(const VectorGamesConfig& config);

  int num_games() const { return static_cast<int>(rows_.size()); }
  const GameSpec& spec() const { return rows_.front().game->spec(); }
  int height() const { return height_; }
  int width() const { return width_; }
  std::size_t frame_size() const { return static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_) * 3; }
  const Game& game(int row) const { return *at(row).game; }

  // Begins an episode in each of `rows`. seeds: one a row, or none where the row's own generator gives the next one,
  // which needs an earlier seed. config: of these episodes alone; empty: the environment's own.
  void reset(std::span<const int> rows, std::span<const std::optional<std::uint64_t>> seeds, const std::any& config,
             const VectorOutputs& outputs);

  // actions: [games, action].
  void step(std::span<const float> actions, const VectorOutputs& outputs);

  RowState state(int row) const;
  // Plays the state's actions again: 42,000 car steps a second and thread.
  void restore(std::span<const int> rows, std::span<const RowState> states, const VectorOutputs& outputs);

  // The config of the row's episode, its ranges as they were drawn.
  std::any episode_config(int row) const;
  void draw(int row, int height, int width, std::span<std::uint8_t> frame) const;

 private:
  struct Row {
    std::unique_ptr<Game> game;
    RowState state;
    Pcg64 seeds{0};
    int steps = 0;
    bool seeded = false, begun = false;
  };

  const Row& at(int row) const;
  void begin(Row& row, std::uint64_t seed, const std::any& config);
  void begin_next(Row& row, const std::any& config);
  void look(const Row& row, std::span<std::uint8_t> frame) const;
  void report(std::size_t row, const VectorOutputs& outputs) const;
  void step_row(std::size_t row, std::span<const float> action, const VectorOutputs& outputs);
  void check_actions(std::span<const float> actions) const;
  void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

  VectorGamesConfig config_;
  std::vector<Row> rows_;
  int height_ = 0, width_ = 0;
  int clock_ = 0;  // steps; 0: none
  bool native_ = false;
  std::size_t action_size_ = 0, num_progress_ = 0;
  std::unique_ptr<WorkerPool> pool_;
  pid_t pool_process_ = 0;
};

}  // namespace reverie
