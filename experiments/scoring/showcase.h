// The showcase: the seed with which the window opens a run. It is a typical episode's, so that the first one seen is
// neither luck nor bad luck.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/saved_policy.h"
#include "experiments/run/experiment.h"
#include "worldmodel/world_model.h"

namespace reverie {

constexpr int kShowcaseGames = 31;

struct Showcase {
  std::uint64_t seed = 0;
  double episode_return = 0;  // of that game
};

// Plays game seeds 0 to 30, one at a time as the window does, and takes the game with the median return; of equal ones
// the first.
Showcase choose_showcase(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy);

void write_showcase(const RunDirectory& run, const Showcase& showcase);

// nullopt where the run names none. Error (kind data) where the file is damaged.
std::optional<std::uint64_t> showcase_seed(const RunDirectory& run);

}  // namespace reverie
