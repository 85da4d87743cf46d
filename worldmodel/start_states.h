// Start states: model states at recorded moments, where dreams begin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "env/fields.h"
#include "env/message.h"
#include "env/random.h"
#include "worldmodel/data/tensor_file.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

// Shares of the starts of a dream; what is left over starts at moments that recently paid.
struct StartConfig {
  double first_share = 1.0;
  double any_share = 0.0;

  void validate() const;
};

inline std::vector<Field> fields(StartConfig& c) {
  return {number_field("first_share", c.first_share, 0.0, 1.0,
                       "share of the dreams that start at an episode's first frame"),
          number_field("any_share", c.any_share, 0.0, 1.0,
                       "share that starts at any recorded moment; the rest starts where the last 20 steps paid")};
}

// K model states. The model was led frame by frame through a recorded episode up to each of these moments.
struct StartStates {
  ModelState states;                // K rows
  std::vector<std::uint8_t> first;  // [K], 1: an episode's first frame
  std::vector<std::uint8_t> paid;   // [K], 1: a positive reward within the last 20 steps

  int size() const { return static_cast<int>(first.size()); }

  // Throws Error where a kind of start has a share above 0 and there is no state of that kind.
  void check(const StartConfig& config) const;
  // A row of states, by the config's shares. Equal generators choose equal rows.
  int choose(const StartConfig& config, Rng& rng) const;

 private:
  int choose_among(const std::vector<std::uint8_t>& kind, Rng& rng) const;
};

// The tensors of a file: `prefix`state0, state1, ..., first and paid. States are kept in half precision; numbers that
// are whole stay what they are.
void put_start_states(TensorFile& file, const std::string& prefix, const StartStates& starts);
// Error (kind data) naming `path` where they are not states of this model: other parts, shapes or types than its
// initial_state has, values that are not finite, or not one row of each for each moment.
StartStates take_start_states(const TensorFile& file, const std::filesystem::path& path, const std::string& prefix,
                              const WorldModel& model);

// In a message between processes, as they are.
void put_start_states(MessageWriter& message, const StartStates& starts);
StartStates take_start_states(MessageReader& message);

// About `count` moments of the given episodes: the first frame of each, and of all other moments each is as likely as
// any, so long episodes give more of them than short ones. The model is led through the recorded frames and actions up
// to each. on_step is called at every step and may throw to stop the recording.
StartStates record_start_states(const WorldModel& model, const EmbeddedEpisodes& source, std::vector<int> episodes,
                                int count, std::uint64_t seed, const std::function<void()>& on_step = {});

}  // namespace reverie
