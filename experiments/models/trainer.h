// What helpers compute the shards of a network's training with.
#pragma once

#include <memory>
#include <string>

#include "env/helper.h"
#include "env/team.h"
#include "experiments/run/experiment.h"

namespace reverie {

inline constexpr const char* kTrainEquipment = "train";

// Helpers for a stage of the run's world model; none where the stage has no Stage::equip.
Equipped equip_for_training(const Experiment& experiment, const std::string& stage);
std::unique_ptr<Equipment> take_trainer(MessageReader& context, WorkerPool& pool);

}  // namespace reverie
