#include "agent/saved_policy.h"

#include <utility>

#include "env/error.h"

namespace reverie {
namespace {

constexpr const char* kParameters = "parameters";

}  // namespace

SavedPolicy controller_policy(std::vector<double> parameters, std::string model) {
  SavedPolicy policy;
  policy.model = std::move(model);
  PolicyTensor& tensor = policy.tensors[kParameters];
  tensor.shape = {static_cast<std::int64_t>(parameters.size())};
  tensor.values = std::move(parameters);
  return policy;
}

const std::vector<double>& controller_parameters(const SavedPolicy& policy) {
  const auto found = policy.tensors.find(kParameters);
  if (policy.kind != "controller" || found == policy.tensors.end()) {
    throw Error(ErrorKind::data, str("policy: expected a controller and its parameters, found a '", policy.kind, "'"));
  }
  return found->second.values;
}

SavedPolicy zeroed(SavedPolicy policy) {
  for (auto& [name, tensor] : policy.tensors) {
    tensor.values.assign(tensor.values.size(), 0.0);
  }
  return policy;
}

}  // namespace reverie
