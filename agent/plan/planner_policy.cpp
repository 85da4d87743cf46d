// The planner as plain data: every setting as a number under its name.
#include <cmath>

#include "agent/plan/token_planner.h"
#include "env/error.h"

namespace reverie {
namespace {

template <typename Value>
double to_number(const NumberField<Value>& field) {
  return static_cast<double>(*field.value);
}
double to_number(const RangeField&) {
  return 0.0;  // neither table has ranges, nor texts
}
double to_number(bool* value) {
  return *value ? 1.0 : 0.0;
}
double to_number(const ChoiceField& field) {
  return static_cast<double>(field.get());
}
double to_number(std::string*) {
  return 0.0;
}

template <typename Value>
void from_number(const NumberField<Value>& field, double number) {
  *field.value = static_cast<Value>(number);
}
void from_number(bool* value, double number) {
  *value = number != 0.0;
}
void from_number(const ChoiceField& field, double number) {
  field.set(static_cast<std::size_t>(number));
}
void from_number(const RangeField&, double) {}
void from_number(std::string*, double) {}

// Calls visit(name, scalar) for every scalar of a table, its sections' too; of a schedule for its one value.
template <typename Visit>
void each_scalar(const std::vector<Field>& table, const std::string& prefix, const Visit& visit) {
  for (const Field& field : table) {
    const std::string name = prefix + field.name;
    if (const auto* scalar = std::get_if<Scalar>(&field.value)) {
      visit(name, *scalar);
    } else if (const auto* list = std::get_if<ListField>(&field.value)) {
      REVERIE_CHECK(list->size(), ==, 1u);
      visit(name, list->at(0));
    } else {
      each_scalar(std::get<SectionField>(field.value).fields(), name + ".", visit);
    }
  }
}

constexpr const char* kCodes = "tokens.codes";
constexpr const char* kMerges = "tokens.merges";

ActionTokens tokens_of(const SavedPolicy& saved) {
  const auto codes = saved.tensors.find(kCodes), merges = saved.tensors.find(kMerges);
  if (codes == saved.tensors.end() || merges == saved.tensors.end() || codes->second.shape.size() != 2) {
    throw Error(ErrorKind::data, "planner: planner.actions tokens: expected tokens, found none: run `reverie tokens`");
  }
  ActionTokens tokens;
  tokens.action_size = static_cast<int>(codes->second.shape[1]);
  for (const double value : codes->second.values) {
    tokens.codes.push_back(static_cast<float>(value));
  }
  for (std::size_t i = 0; i + 1 < merges->second.values.size(); i += 2) {
    tokens.merges.emplace_back(static_cast<int>(merges->second.values[i]),
                               static_cast<int>(merges->second.values[i + 1]));
  }
  tokens.check("planner");
  return tokens;
}

struct Settings {
  PlannerConfig planner;
  DreamConfig dream;
};

std::vector<Field> fields(Settings& c) {
  return {section_field("planner", c.planner, ""), section_field("dream", c.dream, ""),
          number_field("constant_reward", c.dream.constant_reward, -1e9f, 1e9f, "")};
}

}  // namespace

SavedPolicy planner_policy(const PlannerConfig& config, const DreamConfig& dream, std::string model,
                           const ActionTokens* tokens) {
  Settings settings{config, dream};
  SavedPolicy policy;
  policy.kind = kPlannerKind;
  policy.model = std::move(model);
  each_scalar(fields(settings), "", [&policy](const std::string& name, const Scalar& scalar) {
    policy.tensors[name] = {{}, {std::visit([](const auto& field) { return to_number(field); }, scalar)}};
  });
  if (tokens != nullptr) {
    policy.tensors[kCodes] = {{tokens->num_codes(), tokens->action_size}, {tokens->codes.begin(), tokens->codes.end()}};
    PolicyTensor& merges = policy.tensors[kMerges];
    merges.shape = {std::ssize(tokens->merges), 2};
    for (const auto& [left, right] : tokens->merges) {
      merges.values.insert(merges.values.end(), {static_cast<double>(left), static_cast<double>(right)});
    }
  }
  return policy;
}

std::unique_ptr<Policy<float>> make_planner(const SavedPolicy& saved, const FeatureEnvironment& environment,
                                            const ControllerConfig& controller) {
  const auto* const seen = dynamic_cast<const ModelEnvironment*>(&environment);
  if (seen == nullptr) {
    throw Error(ErrorKind::data, "planner: expected an environment with a world model, in which it can plan");
  }
  Settings settings;
  each_scalar(fields(settings), "", [&saved](const std::string& name, const Scalar& scalar) {
    const auto found = saved.tensors.find(name);
    if (found == saved.tensors.end() || found->second.values.size() != 1 ||
        !std::isfinite(found->second.values.front())) {
      throw Error(ErrorKind::data, str("planner: ", name, ": expected a finite number, found none"));
    }
    std::visit([&](const auto& field) { from_number(field, found->second.values.front()); }, scalar);
  });
  if (settings.planner.actions == PlanActions::tokens) {
    return std::make_unique<TokenPlanner>(settings.planner, plan_objective(settings.dream), tokens_of(saved), *seen);
  }
  return std::make_unique<CemPlanner>(settings.planner, plan_objective(settings.dream), controller.squash, *seen);
}

}  // namespace reverie
