// What earlier stages saved of a run: its world models, the moments where their dreams begin, and controllers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/saved_policy.h"
#include "experiments/models/model_family.h"
#include "worldmodel/start_states.h"

namespace reverie {

// Whether the iteration has all of its weights.
bool has_model(const Experiment& experiment, int iteration);

// Error (kind data) where the weights are missing, naming the command that makes them, or damaged.
std::unique_ptr<WorldModel> load_world_model(const Experiment& experiment, int iteration);

// Which of a run's models, so that a helper can make the same one.
struct ModelSource {
  int iteration = -1;
  bool untrained = false;  // but sees as that iteration's does
};
std::unique_ptr<WorldModel> load_world_model(const Experiment& experiment, const ModelSource& source);
std::vector<std::filesystem::path> files_of(const Experiment& experiment, const ModelSource& source);
void put_source(MessageWriter& message, const ModelSource& source);
ModelSource take_source(MessageReader& message);

// A model and where it comes from. Without a source no helper can make it, and it works in this process alone.
struct ModelHere {
  const WorldModel& model;
  std::optional<ModelSource> source;

  ModelHere(const WorldModel& of) : model(of) {}  // NOLINT: whoever has a model has one of these
  ModelHere(const WorldModel& of, const ModelSource& from) : model(of), source(from) {}
};

// The identity of the iteration's weights: changes when they do.
std::string model_identity(const Experiment& experiment, int iteration);

// What a checkpoint of a search holds.
struct SavedController {
  SavedPolicy policy;
  int generation = 0;
};

int num_controller_parameters(const Experiment& experiment);

// The generation that was chosen, else the newest; -1 where there is none.
int best_generation(const Experiment& experiment, int iteration);
// generation -1: best_generation(). Error (kind data) where there is none, or where it was made
// with another model.
SavedController load_controller(const Experiment& experiment, int iteration, int generation);
// Error (kind other) where a number is not finite: nothing is written then. The policy's model is the iteration's.
void save_controller(const Experiment& experiment, int iteration, const SavedController& controller);
// The newest `count` controllers of the iteration, newest first.
std::vector<SavedController> load_controllers(const Experiment& experiment, int iteration, int count);

enum class StartSet { train, held_out };

void save_start_states(const Experiment& experiment, int iteration, const StartStates& train,
                       const StartStates& held_out);
// Error (kind data) where they are missing, were made with another model or are no states of this one.
StartStates load_start_states(const Experiment& experiment, const WorldModel& model, int iteration, StartSet set);
// Whether they are there, made with the iteration's model.
bool has_start_states(const Experiment& experiment, int iteration);

}  // namespace reverie
