// The planner as plain data: every setting as a number under its name.
#include <cmath>

#include "agent/plan/cem_planner.h"
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

struct Settings {
  PlannerConfig planner;
  DreamConfig dream;
};

std::vector<Field> fields(Settings& c) {
  return {section_field("planner", c.planner, ""), section_field("dream", c.dream, ""),
          number_field("constant_reward", c.dream.constant_reward, -1e9f, 1e9f, "")};
}

}  // namespace

SavedPolicy planner_policy(const PlannerConfig& config, const DreamConfig& dream, std::string model) {
  Settings settings{config, dream};
  SavedPolicy policy;
  policy.kind = kPlannerKind;
  policy.model = std::move(model);
  each_scalar(fields(settings), "", [&policy](const std::string& name, const Scalar& scalar) {
    policy.tensors[name] = {{}, {std::visit([](const auto& field) { return to_number(field); }, scalar)}};
  });
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
  return std::make_unique<CemPlanner>(settings.planner, plan_objective(settings.dream), controller.squash, *seen);
}

}  // namespace reverie
