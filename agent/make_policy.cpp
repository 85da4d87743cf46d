#include "agent/make_policy.h"

#include "env/error.h"

namespace reverie {
namespace {

std::unique_ptr<Policy<float>> make_controller(const SavedPolicy& saved, const FeatureEnvironment& environment,
                                               const ControllerConfig& config) {
  const EnvironmentSpec& spec = environment.spec();
  auto controller =
      std::make_unique<Controller>(config, spec.observation_size(), spec.action_size(), spec.batch_size, spec.actions);
  controller->set_all(controller_parameters(saved));
  return controller;
}

}  // namespace

std::map<std::string, MakePolicy>& policy_kinds() {
  static std::map<std::string, MakePolicy> kinds = {{"controller", make_controller}};
  return kinds;
}

const MakePolicy& find_policy_kind(const std::string& kind) {
  const auto found = policy_kinds().find(kind);
  if (found == policy_kinds().end()) {
    std::string known;
    for (const auto& [name, make] : policy_kinds()) {
      known += (known.empty() ? "" : ", ") + name;
    }
    throw Error(ErrorKind::data, str("policy: unknown kind '", kind, "' (known: ", known, ")"));
  }
  return found->second;
}

std::unique_ptr<Policy<float>> make_policy(const SavedPolicy& saved, const FeatureEnvironment& environment,
                                           const ControllerConfig& controller) {
  return find_policy_kind(saved.kind)(saved, environment, controller);
}

}  // namespace reverie
