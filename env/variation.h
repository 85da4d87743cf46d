// Factors of variation: what of a game's config is drawn anew in each episode.
#pragma once

#include <cstdint>
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

}  // namespace reverie
