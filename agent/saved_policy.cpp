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

void put_policy(MessageWriter& message, const SavedPolicy& policy) {
  message.put_text(policy.kind);
  message.put_text(policy.model);
  message.put(static_cast<std::uint64_t>(policy.tensors.size()));
  for (const auto& [name, tensor] : policy.tensors) {
    message.put_text(name);
    message.put_numbers(std::span<const std::int64_t>(tensor.shape));
    message.put_numbers(std::span<const double>(tensor.values));
  }
}

SavedPolicy take_policy(MessageReader& message) {
  SavedPolicy policy;
  policy.kind = message.take_text();
  policy.model = message.take_text();
  for (auto left = message.take<std::uint64_t>(); left > 0; --left) {
    PolicyTensor& tensor = policy.tensors[message.take_text()];
    tensor.shape = message.take_numbers<std::int64_t>();
    tensor.values = message.take_numbers<double>();
  }
  return policy;
}

}  // namespace reverie
