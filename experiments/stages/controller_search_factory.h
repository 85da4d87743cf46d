// A search for a controller as the config wants it, and where it plays.
#pragma once

#include <memory>

#include "agent/learn/controller_search.h"
#include "experiments/run/experiment.h"
#include "experiments/scoring/arena.h"
#include "worldmodel/start_states.h"

namespace reverie {

// Where C plays while it learns. Model and starts must outlive it.
Arena make_search_arena(const Experiment& experiment, const WorldModel& model, const StartStates& starts, TrainIn in,
                        const DreamConfig& dream);

// By the config's method, with the amounts of `iteration`. The arena must outlive the search.
std::unique_ptr<ControllerSearch> make_controller_search(const Experiment& experiment, const WorldModel& model,
                                                         const StartStates& starts, Arena& arena, int iteration,
                                                         const SearchTask& task);

}  // namespace reverie
