// A search for a controller as the config wants it, and where it plays.
#pragma once

#include <memory>
#include <optional>

#include "agent/learn/controller_search.h"
#include "experiments/run/experiment.h"
#include "experiments/scoring/arena.h"
#include "worldmodel/start_states.h"

namespace reverie {

// config, in both: with the amounts of the iteration.

// Where C plays while it learns; none where it learns in imagination. Model and starts must outlive it.
std::optional<Arena> make_search_arena(const Experiment& experiment, const ExperimentConfig& config,
                                       const ModelHere& model, const StartStates& starts);

// By the config's method. All must outlive the search.
std::unique_ptr<ControllerSearch> make_controller_search(const Experiment& experiment, const ExperimentConfig& config,
                                                         const ModelHere& model, const StartStates& starts,
                                                         std::optional<Arena>& arena, const SearchTask& task);

// What helpers make of one that shares its work.
inline constexpr const char* kSearchEquipment = "search";
std::unique_ptr<Equipment> take_search(MessageReader& context, WorkerPool& pool);

}  // namespace reverie
