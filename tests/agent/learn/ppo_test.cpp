#include "agent/learn/ppo.h"

#include <atomic>
#include <cmath>
#include <limits>

#include "env/error.h"
#include "env/random.h"
#include "tests/agent/counting_environment.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "worldmodel/data/weights.h"

using namespace reverie;

namespace {

// Two numbers are shown, and pushing to the side of the larger one pays 1: up by more than 0, or by the first of two
// discrete actions. Episodes last 20 steps.
class LargerSide : public FeatureEnvironment {
 public:
  explicit LargerSide(int batch_size, ActionKind actions = ActionKind::box) {
    spec_.batch_size = batch_size;
    spec_.observation_shape = {2};
    spec_.actions = actions;
    spec_.action_low = {-1.0f};
    spec_.action_high = {1.0f};
    if (actions == ActionKind::discrete) {
      spec_.action_low = {0.0f, 0.0f};
      spec_.action_high = {1.0f, 1.0f};
    }
    spec_.max_episode_steps = 20;
    const auto batch = static_cast<std::size_t>(batch_size);
    rng_.assign(batch, Rng(0));
    steps_.assign(batch, 0);
    observation_.assign(2 * batch, 0.0f);
    reward_.assign(batch, 0.0f);
    terminated_.assign(batch, 0);
    truncated_.assign(batch, 1);
  }
  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i]);
      rng_[row] = Rng(seeds[i]);
      steps_[row] = 0;
      truncated_[row] = 0;
      show(row);
    }
  }
  void step(std::span<const float> action) override {
    for (std::size_t row = 0; row < rng_.size(); ++row) {
      const bool up = observation_[2 * row] > observation_[2 * row + 1];
      reward_[row] = (action[row * spec_.action_low.size()] > 0.0f) == up ? 1.0f : 0.0f;
      truncated_[row] = ++steps_[row] >= spec_.max_episode_steps;
      show(row);
    }
  }
  std::span<const float> observation() const override { return observation_; }
  std::span<const float> reward() const override { return reward_; }
  std::span<const std::uint8_t> terminated() const override { return terminated_; }
  std::span<const std::uint8_t> truncated() const override { return truncated_; }

 protected:
  std::vector<float> reward_;

 private:
  void show(std::size_t row) { rng_[row].fill_normal(std::span(observation_).subspan(2 * row, 2)); }

  EnvironmentSpec spec_;
  std::vector<Rng> rng_;
  std::vector<int> steps_;
  std::vector<float> observation_;
  std::vector<std::uint8_t> terminated_, truncated_;
};

// After `good_steps` more steps it gives invalid values in row 0.
class BrokenEnvironment : public LargerSide {
 public:
  using LargerSide::LargerSide;
  int good_steps = 1000000;
  float reward_then = 0.0f, end_then = 0.0f;

  void step(std::span<const float> action) override {
    LargerSide::step(action);
    if (--good_steps < 0) {
      reward_[0] = reward_then;
    }
  }
  float end_probability(int) const override { return good_steps < 0 ? end_then : 0.0f; }
};

}  // namespace

TEST_CASE("a policy gradient learns what pays, linear or with a hidden layer, and goes on where it stopped",
          "[learn]") {
  WorkerPool pool(2);
  PpoConfig config;
  ControllerConfig controller;
  controller.hidden_size = GENERATE(0, 8);
  config.updates = 8;
  config.steps = 20;
  config.learning_rate = 1e-2;
  LargerSide left(32), right(32);
  const std::vector<FeatureEnvironment*> environments = {&left, &right};
  torch::Tensor features = torch::empty({500, 2});
  Rng(1).fill_normal({features.data_ptr<float>(), 1000});
  SearchTask task;
  task.generations = 6;
  const auto make = [&] { return Ppo(config, controller, pool, features, environments, task); };

  Ppo search = make();
  std::map<std::string, torch::Tensor> halfway;
  double first = 0.0, last = 0.0;
  for (int generation = 1; generation <= task.generations; ++generation) {
    const GenerationReport report = search.run_generation();
    CHECK(report.generation == generation);
    CHECK(report.steps == 2 * 32 * 20 * 8);
    CHECK(report.mean_length == 20.0);
    (generation == 1 ? first : last) = report.mean_fitness;
    if (generation == 3) {
      for (const auto& [name, tensor] : search.save()) {
        halfway[name] = tensor.clone();
      }
    }
  }
  CHECK(first < 17.0);
  CHECK(last > 17.5);  // of 20; chance gives 10

  Ppo again = make();
  again.load(halfway);
  CHECK(again.generation() == 3);
  for (int generation = 3; generation < task.generations; ++generation) {
    again.run_generation();
  }
  CHECK(again.parameters() == search.parameters());
  halfway.erase("generation");
  Ppo untouched = make();
  untouched.continue_from(search.save());  // it has nothing to take over
  CHECK(untouched.parameters() == make().parameters());
  CHECK_THROWS_AS(again.load(halfway), Error);
}

TEST_CASE("a stop in mid-generation leaves a policy gradient as it was, and it goes on to the same bits", "[learn]") {
  std::atomic<int> polls = 0;
  int stop_at = std::numeric_limits<int>::max();
  WorkerPool pool(2, {}, [&] { return ++polls >= stop_at; });
  PpoConfig config;
  config.updates = 3;
  config.steps = 10;
  LargerSide left(32), right(32);
  const std::vector<FeatureEnvironment*> environments = {&left, &right};
  torch::Tensor features = torch::empty({500, 2});
  Rng(1).fill_normal({features.data_ptr<float>(), 1000});
  SearchTask task;
  task.generations = 3;
  Ppo whole(config, ControllerConfig{}, pool, features, environments, task);
  whole.run_generation();
  polls = 0;
  whole.run_generation();
  const int in_one = polls;
  CHECK(in_one > 60);

  Ppo stopped(config, ControllerConfig{}, pool, features, environments, task);
  stopped.run_generation();
  const std::vector<double> before = stopped.parameters();
  for (const int at : {1, in_one / 3, in_one / 2, in_one - 10, in_one - 3}) {  // in play and in learning
    stop_at = at;
    polls = 0;
    CHECK_THROWS_AS(stopped.run_generation(), Stopped);
    CHECK(polls <= at + 2);
    CHECK(stopped.generation() == 1);
    CHECK(stopped.parameters() == before);
  }
  stop_at = std::numeric_limits<int>::max();
  stopped.run_generation();
  CHECK(stopped.parameters() == whole.parameters());
  const auto state = stopped.save(), expected = whole.save();
  for (const auto& [name, tensor] : expected) {
    CHECK(torch::equal(state.at(name), tensor));
  }
}

TEST_CASE("a policy gradient draws discrete actions from their scores, and learns which pay", "[learn]") {
  WorkerPool pool(1);
  PpoConfig config;
  config.shards = 1;
  config.updates = 8;
  config.steps = 20;
  config.learning_rate = 1e-2;
  LargerSide environment(64, ActionKind::discrete);
  torch::Tensor features = torch::empty({500, 2});
  Rng(1).fill_normal({features.data_ptr<float>(), 1000});
  SearchTask task;
  task.generations = 6;
  Ppo search(config, ControllerConfig{}, pool, features, {&environment}, task);
  std::vector<double> fitness;
  for (int generation = 0; generation < task.generations; ++generation) {
    const GenerationReport report = search.run_generation();
    fitness.push_back(report.mean_fitness);
    for (const auto& [name, value] : report.more) {
      CHECK(std::isfinite(value));
    }
  }
  CHECK(fitness.front() < 17.0);
  CHECK(fitness.back() > 17.5);  // of 20; chance gives 10
  // The controller that comes of it plays the larger of two scores.
  Controller controller({}, 2, 2, 1, ActionKind::discrete);
  controller.set_all(search.parameters());
  std::vector<float> action(2);
  controller.act(std::vector<float>{1.0f, -1.0f}, action);
  CHECK(action == std::vector<float>{1.0f, 0.0f});
  controller.act(std::vector<float>{-1.0f, 1.0f}, action);
  CHECK(action == std::vector<float>{0.0f, 1.0f});
}

TEST_CASE("what is not finite ends a policy gradient in one line, before it can spoil what is kept", "[learn]") {
  WorkerPool pool(1);
  PpoConfig config;
  config.shards = 1;
  config.updates = 2;
  config.steps = 20;
  BrokenEnvironment environment(8);
  torch::Tensor features = torch::empty({50, 2});
  Rng(1).fill_normal({features.data_ptr<float>(), 100});
  SearchTask task;
  task.generations = 3;
  Ppo search(config, {}, pool, features, {&environment}, task);
  search.run_generation();
  environment.good_steps = 20;  // it breaks in the second update
  std::string expected;
  SECTION("a reward") {
    environment.reward_then = NAN;
    expected = "a step's reward is nan: expected a finite number";
  }
  SECTION("an advantage") {
    environment.end_then = NAN;
    expected = "the spread of advantages is nan: expected a finite number";
  }
  SECTION("a loss") {
    environment.reward_then = 1e30f;
    expected = "value_loss is inf: expected a finite number";
  }
  CHECK(message_of<Error>([&] { search.run_generation(); }) == "policy gradient: generation 2, update 2: " + expected);
  CHECK(search.generation() == 1);
  check_finite(search.save(), "search");
}

TEST_CASE("a policy gradient says how it goes: nothing has moved on the first minibatch", "[learn]") {
  WorkerPool pool(2);
  PpoConfig config;
  config.updates = 1;
  config.minibatches = 1;
  config.learning_rate = 1e-2;
  torch::Tensor features = torch::empty({50, 2});
  Rng(1).fill_normal({features.data_ptr<float>(), 100});
  SearchTask task;
  task.generations = 2;
  std::vector<double> parameters;
  const auto report_of = [&] {
    LargerSide left(32), right(32);
    Ppo search(config, {}, pool, features, {&left, &right}, task);
    const Measurements report = search.run_generation().more;
    parameters = search.parameters();
    std::vector<std::string> names;
    std::map<std::string, double> values;
    for (const auto& [name, value] : report) {
      names.push_back(name);
      values[name] = value;
    }
    CHECK(names == std::vector<std::string>{"noise", "policy_loss", "value_loss", "approximate_kl", "clip_fraction",
                                            "gradient_norm"});
    return values;
  };
  config.epochs = 1;
  const auto first = report_of();
  CHECK(first.at("approximate_kl") == Approx(0.0).margin(1e-9));
  CHECK(first.at("clip_fraction") == 0.0);
  CHECK(first.at("policy_loss") == Approx(0.0).margin(1e-5));  // advantages have mean 0
  CHECK(first.at("value_loss") > 0.0);
  CHECK(first.at("gradient_norm") > 0.0);

  config.epochs = 10;
  const auto later = report_of();
  const std::vector<double> unclipped = parameters;
  CHECK(later.at("approximate_kl") > 1e-4);
  CHECK(later.at("clip_fraction") > 0.0);
  CHECK(later.at("policy_loss") < 0.0);

  config.gradient_clip_norm = 1e6;  // longer than any
  report_of();
  CHECK(parameters == unclipped);
  config.gradient_clip_norm = 0.01;
  const auto clipped = report_of();
  CHECK(clipped.at("gradient_norm") > 0.01);  // as it was before it was clipped
  CHECK(parameters != unclipped);
}

TEST_CASE("a policy gradient goes on from the controller that it is given", "[learn]") {
  WorkerPool pool(1);
  PpoConfig config;
  config.shards = 1;
  CountingEnvironment environment(4);
  torch::Tensor features = torch::empty({50, 3});
  Rng(1).fill_normal({features.data_ptr<float>(), 150});
  SearchTask task;
  task.generations = 2;
  task.start = {0.5, -0.25, 1.0, 0.125};
  Ppo search(config, {}, pool, features, {&environment}, task);
  const std::vector<double> parameters = search.parameters();
  REQUIRE(parameters.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(parameters[i] == Approx(task.start[i]).margin(1e-5));
  }
  const GenerationReport report = search.run_generation();  // episodes of 1 to 6 steps, ended and cut off
  CHECK(report.mean_length > 1.0);
  CHECK(report.mean_length < 7.0);
  CHECK(search.parameters() == parameters);  // only the critic learns at first
  search.run_generation();
  CHECK(search.parameters() != parameters);
}
