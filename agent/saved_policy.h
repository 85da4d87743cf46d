// A policy as plain data: a search makes it, a run saves it, an evaluator plays it, and it can be sent to another
// machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "env/message.h"

namespace reverie {

struct PolicyTensor {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  // as many as the shape holds
  bool operator==(const PolicyTensor&) const = default;
};

struct SavedPolicy {
  std::string kind = "controller";  // a name in the table of make_policy.h
  std::map<std::string, PolicyTensor> tensors;
  std::string model;  // identity of the world model whose features it acts on; empty: any of their size
  bool operator==(const SavedPolicy&) const = default;
};

// A controller's only tensor, "parameters", in the order of controller.h.
SavedPolicy controller_policy(std::vector<double> parameters, std::string model = "");
// Error (kind data) where the policy is no controller.
const std::vector<double>& controller_parameters(const SavedPolicy& policy);

// In a message between processes.
void put_policy(MessageWriter& message, const SavedPolicy& policy);
SavedPolicy take_policy(MessageReader& message);

// The same policy with every number 0.
SavedPolicy zeroed(SavedPolicy policy);

}  // namespace reverie
