// What helpers (env/team.h) are sent of a run. They see none of its folder: files come along in the message.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "env/team.h"
#include "experiments/run/experiment.h"

namespace reverie {

// Equips all helpers with `kind`: its context is the run, its config as given and the files, as Experiment
// sent_experiment() reads it, and then what `write` adds. Where the run has no helpers it does nothing.
Equipped equip(const Experiment& experiment, const std::string& kind, const ExperimentConfig& config,
               const std::vector<std::filesystem::path>& files, const std::function<void(MessageWriter&)>& write = {});

// The run as a helper knows it: its config is what equip() was given, its files can be read under their names, and its
// pool is the helper's.
Experiment sent_experiment(MessageReader& context, WorkerPool& pool);

}  // namespace reverie
