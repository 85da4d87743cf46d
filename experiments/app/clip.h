// A short film of the game beside a dream, for people who have neither.
#pragma once

#include <cstddef>
#include <vector>

#include "agent/saved_policy.h"
#include "experiments/run/experiment.h"
#include "worldmodel/world_model.h"

namespace reverie {

// An animated PNG of a stretch of one game of the policy, left as it was, right as the model dreams it from the first
// of these frames under the same actions; at the game's own pace, in at most 25 frames a second. Empty where the game
// ends too soon.
std::vector<std::byte> make_clip(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy);

}  // namespace reverie
