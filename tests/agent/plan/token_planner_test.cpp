#include "agent/plan/token_planner.h"

#include "agent/make_policy.h"
#include "env/error.h"
#include "tests/agent/point_world.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// Go left or right by 0.25 for one step, or right for three.
ActionTokens steps() {
  ActionTokens tokens;
  tokens.action_size = 1;
  tokens.codes = {-0.25f, 0.25f};
  tokens.merges = {{1, 1}, {2, 1}};
  return tokens;
}

struct World {
  explicit World(const std::vector<float>& places, const std::vector<float>& goals)
      : starts(points(places, goals)),
        environment(model, starts, endless(), {-1.0f}, {1.0f}, static_cast<int>(places.size())) {
    std::vector<int> rows;
    std::vector<std::uint64_t> seeds;
    for (int row = 0; row < starts.size(); ++row) {
      rows.push_back(row);
      seeds.push_back(static_cast<std::uint64_t>(row));
    }
    environment.start(rows, starts.states, seeds);
  }
  static DreamConfig endless() {
    DreamConfig config;
    config.end = DreamEnd::sample;
    return config;
  }

  PointWorld model;
  StartStates starts;
  DreamEnvironment environment;
};

}  // namespace

TEST_CASE("a planner of tokens begins with the one that leads to the goal, and plays it to its end", "[plan]") {
  World world({0.0f, 0.0f}, {0.75f, -0.25f});
  PlannerConfig config;
  config.actions = PlanActions::tokens;
  config.horizon = 3;
  config.hold = 1;
  config.candidates = 64;
  config.elites = 8;
  TokenPlanner planner(config, plan_objective(World::endless()), steps(), world.environment);
  for (const int row : {0, 1}) {
    planner.begin(row, {row, static_cast<std::uint64_t>(row) + 5});
  }
  std::vector<float> action(2);
  planner.act(world.environment.observation(), action);
  CHECK(action[0] == 0.25f);
  CHECK(action[1] == -0.25f);
  CHECK(planner.outcome(0).number == 1);
  CHECK(planner.outcome(0).returns.size() == kShownPlans);
  CHECK(planner.outcome(0).returns.front() >= planner.outcome(0).returns.back());

  // The same as plain data, and once more the same.
  const ActionTokens tokens = steps();
  const SavedPolicy saved = planner_policy(config, World::endless(), "model", &tokens);
  const std::unique_ptr<Policy<float>> again = make_planner(saved, world.environment, {});
  for (const int row : {0, 1}) {
    again->begin(row, {row, static_cast<std::uint64_t>(row) + 5});
  }
  std::vector<float> other(2);
  again->act(world.environment.observation(), other);
  CHECK(other == action);
  CHECK_THAT(message_of<Error>([&] { make_planner(planner_policy(config, World::endless()), world.environment, {}); }),
             ContainsSubstring("run `reverie tokens`"));
}
