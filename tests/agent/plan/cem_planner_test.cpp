#include "agent/plan/cem_planner.h"

#include <cmath>

#include "agent/make_policy.h"
#include "env/error.h"
#include "tests/agent/point_world.h"
#include "tests/test.hpp"
#include "worldmodel/dream_environment.h"

using namespace reverie;

namespace {

DreamConfig endless() {
  DreamConfig config;
  config.end = DreamEnd::sample;
  return config;
}

PlannerConfig one_step() {
  PlannerConfig config;
  config.horizon = 1;
  config.hold = 1;
  config.iterations = 8;
  return config;
}

// The dream of the point's world, each row at a place of its own.
struct Line {
  Line(const PointWorld& model, const std::vector<float>& places, const std::vector<float>& goals,
       ActionKind actions = ActionKind::box)
      : starts(points(places, goals)),
        environment(model, starts, endless(),
                    std::vector<float>(static_cast<std::size_t>(model.spec().action_size),
                                       actions == ActionKind::box ? -1.0f : 0.0f),
                    std::vector<float>(static_cast<std::size_t>(model.spec().action_size), 1.0f),
                    static_cast<int>(places.size()), actions) {
    std::vector<int> rows;
    std::vector<std::uint64_t> seeds;
    for (int row = 0; row < starts.size(); ++row) {
      rows.push_back(row);
      seeds.push_back(static_cast<std::uint64_t>(row));
    }
    environment.start(rows, starts.states, seeds);
  }

  std::vector<float> plan(CemPlanner& planner) {
    for (int row = 0; row < starts.size(); ++row) {
      planner.begin(row, {row, static_cast<std::uint64_t>(row) + 5});
    }
    std::vector<float> action(static_cast<std::size_t>(starts.size() * environment.spec().action_size()));
    planner.act(environment.observation(), action);
    return action;
  }

  StartStates starts;
  DreamEnvironment environment;
};

}  // namespace

TEST_CASE("a normal fitted to three values has the mean and deviation worked out by hand", "[plan]") {
  const std::vector<double> values = {0.2, 0.4, 0.9}, weights(3, 1.0 / 3.0);
  const FittedNormal fitted = fit_normal(values, weights);
  CHECK(fitted.mean == Approx(0.5));
  CHECK(fitted.deviation == Approx(0.294392).margin(1e-5));
}

TEST_CASE("a planner that looks one step ahead takes the best action, at the bounds too", "[plan]") {
  const PointWorld model;
  for (const PlanWeighting weighting : {PlanWeighting::elites, PlanWeighting::softmax}) {
    PlannerConfig config = one_step();
    config.weighting = weighting;
    config.softmax_temperature = 0.01;
    Line line(model, {0.0f, 0.0f, 0.0f}, {0.2f, -0.3f, 5.0f});
    CemPlanner planner(config, plan_objective(endless()), {}, line.environment);
    const std::vector<float> action = line.plan(planner);
    CHECK(action[0] == Approx(0.4f).margin(0.03));
    CHECK(action[1] == Approx(-0.6f).margin(0.03));
    CHECK(action[2] == Approx(1.0f).margin(0.03));
  }
}

TEST_CASE("a plan looks as far as its horizon, and not beyond the end of a dream", "[plan]") {
  // Two steps of 1 each reach the goal at 1 only through the cliff at 0.7.
  for (const bool ends : {true, false}) {
    const PointWorld model(1, 0.7f);
    PlannerConfig config;
    config.horizon = 4;
    config.hold = 1;
    config.iterations = 8;
    Line line(model, {0.5f}, {1.0f});
    PlanObjective objective = plan_objective(endless());
    objective.ends = ends;
    objective.reward = DreamReward::constant;  // being alive is all that pays
    CemPlanner planner(config, objective, {}, line.environment);
    const std::vector<float> action = line.plan(planner);
    if (ends) {
      CHECK(action[0] < 0.4f);
    }
    CHECK(planner.outcome(0).returns.front() == Approx(4.0).margin(1e-3));
  }
}

TEST_CASE("a discrete planner plays one of its actions, the one that leads to the goal", "[plan]") {
  const PointWorld model(2);
  Line line(model, {0.0f, 0.0f}, {2.0f, -2.0f}, ActionKind::discrete);
  PlannerConfig config;
  config.horizon = 3;
  config.hold = 1;
  CemPlanner planner(config, plan_objective(endless()), {}, line.environment);
  CHECK(line.plan(planner) == std::vector<float>{1.0f, 0.0f, 0.0f, 1.0f});
}

TEST_CASE("what a row plans depends on its episode and state alone", "[plan]") {
  const PointWorld model(1, 100.0f, 0.3f);
  Line three(model, {0.1f, 0.2f, 0.3f}, {1.0f, -1.0f, 0.5f}), one(model, {0.3f}, {0.5f});
  PlannerConfig config;
  CemPlanner of_three(config, plan_objective(endless()), {}, three.environment);
  CemPlanner of_one(config, plan_objective(endless()), {}, one.environment);
  const std::vector<float> together = three.plan(of_three);
  of_one.begin(0, {0, 7});  // as row 2 of the three
  std::vector<float> alone(1);
  of_one.act(one.environment.observation(), alone);
  CHECK(alone[0] == together[2]);
  of_one.begin(0, {0, 8});
  std::vector<float> other(1);
  of_one.act(one.environment.observation(), other);
  CHECK(other[0] != alone[0]);
}

TEST_CASE("a planner holds an action, then goes on from its last plan", "[plan]") {
  const PointWorld model;
  Line line(model, {0.0f}, {1.5f});
  PlannerConfig config;
  config.horizon = 3;
  config.hold = 2;
  CemPlanner planner(config, plan_objective(endless()), {}, line.environment);
  std::vector<float> action = line.plan(planner);
  float before = action[0];
  for (int step = 1; step < 8; ++step) {
    line.environment.step(action);
    planner.act(line.environment.observation(), action);
    if (step % 2 == 1) {
      CHECK(action[0] == before);
    }
    before = action[0];
  }
  CHECK(line.environment.observation()[0] == Approx(1.5f).margin(0.25));
}

TEST_CASE("a planner is saved as plain data and made from it", "[plan]") {
  const PointWorld model(1, 100.0f, 0.3f);
  Line line(model, {0.3f}, {0.5f});
  PlannerConfig config;
  config.candidates = 32;
  config.weighting = PlanWeighting::softmax;
  DreamConfig dream = endless();
  dream.reward = DreamReward::constant;
  dream.pay_cap.window = 5;
  SavedPolicy saved = planner_policy(config, dream, "model");
  CHECK(saved.tensors.at("planner.candidates").values == std::vector<double>{32.0});
  CHECK(saved.tensors.at("dream.pay_cap.window").values == std::vector<double>{5.0});
  const std::unique_ptr<Policy<float>> made = make_planner(saved, line.environment, {});
  CemPlanner same(config, plan_objective(dream), {}, line.environment);
  const std::vector<float> expected = line.plan(same);
  std::vector<float> action(1);
  made->begin(0, {0, 5});
  made->act(line.environment.observation(), action);
  CHECK(action == expected);
  saved.tensors.erase("planner.hold");
  CHECK_THROWS_WITH(make_planner(saved, line.environment, {}), ContainsSubstring("planner.hold"));
}

TEST_CASE("a model that gives no finite reward ends a plan in one line", "[plan]") {
  const PointWorld model;
  Line line(model, {0.0f}, {std::nanf("")});
  CemPlanner planner({}, plan_objective(endless()), {}, line.environment);
  CHECK_THROWS_WITH(line.plan(planner), ContainsSubstring("planner: expected a finite return"));
  CHECK_THROWS_WITH(CemPlanner({}, {}, {Squash::tanh, Squash::tanh}, line.environment), ContainsSubstring("squash"));
  PlannerConfig config;
  config.elites = config.candidates + 1;
  CHECK_THROWS_WITH(CemPlanner(config, {}, {}, line.environment), ContainsSubstring("elites"));
}
