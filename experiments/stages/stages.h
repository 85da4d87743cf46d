// The stages of one iteration.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "experiments/run/stage.h"

namespace reverie {

Stage collect_stage();
// What helpers collect with.
inline constexpr const char* kCollectEquipment = "collect";
std::unique_ptr<Equipment> take_collector(MessageReader& context, WorkerPool& pool);
Stage train_controller_stage();

// Those of a config's world model stand between these two.
std::vector<Stage> stages_of(const ExperimentConfig& config);

// The end of train-controller: scores the iteration's checkpoints where they learnt, in dreams from held-out moments or
// in games that neither learning nor evaluation plays, and keeps which did best.
void choose_controller(const Experiment& experiment, const ExperimentConfig& config, int iteration);

// The closing table: the trained controller beside the baselines, in the game and in the dream. Plays it, prints it on
// standard error, and gives what summary.json holds.
nlohmann::ordered_json play_closing_table(Experiment& experiment);

// The same into summary.json. Scores that are there already for the same controller are kept.
void write_summary(Experiment& experiment);

}  // namespace reverie
