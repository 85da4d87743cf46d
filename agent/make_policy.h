// Turns a saved policy into a Policy that acts. No other code does this.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/controller.h"
#include "agent/policy.h"
#include "agent/saved_policy.h"
#include "env/environment.h"

namespace reverie {

// Makes a policy of one kind for all rows of an environment, which must outlive it. A policy that needs more than
// features checks whether the environment is a ModelEnvironment (worldmodel/model_environment.h) and reads its model
// and state. controller: the config of a run's controllers. Throws Error (kind data) where what was saved does not fit.
using MakePolicy = std::function<std::unique_ptr<Policy<float>>(
    const SavedPolicy& saved, const FeatureEnvironment& environment, const ControllerConfig& controller)>;

// The table, by SavedPolicy::kind; filled in make_policy.cpp, and a program may add to it before it starts threads.
std::map<std::string, MakePolicy>& policy_kinds();

// Both throw Error (kind data) for an unknown kind, listing the known ones.
const MakePolicy& find_policy_kind(const std::string& kind);
std::unique_ptr<Policy<float>> make_policy(const SavedPolicy& saved, const FeatureEnvironment& environment,
                                           const ControllerConfig& controller);

}  // namespace reverie
