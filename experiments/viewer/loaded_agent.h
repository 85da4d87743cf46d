// What drives a session: a world model and a policy that acts on it, as a run saved them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "agent/saved_policy.h"
#include "experiments/models/saved.h"
#include "experiments/models/words.h"
#include "experiments/viewer/session.h"

namespace reverie {

// What acts on the model.
enum class Driver {
  controller,
  planner,  // as the run's config has it
};

struct LoadedAgent {
  Driver driver = Driver::controller;
  SavedPoint point{-1, -1};                        // -1: no model; no policy
  std::string model_id;                            // changes when the weights do
  std::shared_ptr<const WorldModel> model;         // null without one
  std::optional<SavedPolicy> policy;               // only with a model
  std::optional<StartStates> starts;               // held-out moments, once they were read; empty where there are none
  std::shared_ptr<const NearestSentence> speaker;  // null where `reverie words` was not run for the model
  std::filesystem::file_time_type written{};       // the policy's file

  std::string in_words() const;  // "iteration 3, generation 50" or "iteration 3, planner"; empty without a model
};

// The last iteration that has a model and controllers, with the chosen one, else the newest.
std::optional<SavedPoint> newest_point(const Experiment& run);

// generation -1: the chosen one, else the newest, or no policy where there is none. What acts is what acted `before`. A
// model that `before` holds is not loaded again. Error (kind data) where files are missing, damaged or of another
// model.
LoadedAgent load_agent(const Experiment& run, SavedPoint point, const LoadedAgent& before);

// Reads the agent's start states where it has a model and they were not read yet.
void read_starts(const Experiment& run, LoadedAgent& agent);

// The agent of newest_point() with its start states, for a run that may be writing at this moment. nullopt where
// `than` is that agent, or where the files do not fit each other: a stage replaces several, one after the other, and
// they are whole again when it is done.
std::optional<LoadedAgent> load_newer(const Experiment& run, const LoadedAgent& than);

}  // namespace reverie
