// Factors of variation: what of a game's config is drawn anew in each episode.
#pragma once

#include <any>
#include <cstdint>
#include <utility>
#include <vector>

#include "env/fields.h"

namespace reverie {

// Whether any range of the table, or of its sections, is random.
bool has_random_ranges(const std::vector<Field>& table);

// Puts one number in the place of each random range. The number depends on the seed and on the place of the range
// among all ranges of the table, so that a second factor that varies does not change what the first one draws. Games
// call it in reset() with the episode's seed; it takes no draw from the game's own generator.
void draw_ranges(const std::vector<Field>& table, std::uint64_t seed);

// The config of an episode. `config` where nothing in it is random.
template <typename Config>
Config drawn(const Config& config, std::uint64_t seed) {
  Config episode = config;
  draw_ranges(fields(episode), seed);
  return episode;
}

// A game's config and that of its episode: Game::configure() and reset() in one place.
template <typename Config>
class EpisodeConfig {
 public:
  // Throws Error (config) where values are out of range; the config from before stays then.
  void set(const std::any& config) {
    Config taken = std::any_cast<const Config&>(config);
    check_ranges(taken);
    varies_ = has_random_ranges(fields(taken));
    config_ = std::move(taken);
  }
  void begin(std::uint64_t seed) { episode_ = varies_ ? drawn(config_, seed) : config_; }

  const Config& operator*() const { return episode_; }
  const Config* operator->() const { return &episode_; }

 private:
  Config config_, episode_;
  bool varies_ = false;  // so that most resets make no table
};

}  // namespace reverie
