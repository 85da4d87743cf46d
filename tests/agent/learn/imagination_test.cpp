#include "agent/learn/imagination.h"

#include <atomic>
#include <cmath>

#include "env/error.h"
#include "tests/agent/point_world.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

using namespace reverie;
using torch::Tensor;

namespace {

Tensor column(const std::vector<float>& values) {
  return torch::tensor(values).view({-1, 1});
}

// Points all over the line, goals too.
StartStates anywhere() {
  std::vector<float> places, goals;
  Rng rng(1);
  for (int i = 0; i < 256; ++i) {
    places.push_back(2.0f * rng.uniform() - 1.0f);
    goals.push_back(2.0f * rng.uniform() - 1.0f);
  }
  return points(places, goals);
}

ImaginationConfig small(ActorGradient gradient) {
  ImaginationConfig config;
  config.updates = 60;
  config.horizon = 4;
  config.gradient = gradient;
  config.critic_size = 16;
  config.learning_rate = 3e-2;
  config.learning_rate_end = 3e-3;
  config.noise = 0.3;
  return config;
}

SearchTask task_of(int parameters) {
  SearchTask task;
  task.generations = 5;
  task.start.assign(static_cast<std::size_t>(parameters), 0.0);
  return task;
}

}  // namespace

TEST_CASE("lambda returns are those worked out by hand", "[learn]") {
  const Tensor reward = column({1, 2, 3}), next_value = column({5, 6, 7});
  const auto returns = [&](const Tensor& keep, double lambda) {
    return lambda_returns(reward, next_value, keep, lambda).flatten();
  };
  const Tensor steady = torch::full({3, 1}, 0.9);
  CHECK(max_difference(returns(steady, 0.95), torch::tensor({9.9643825, 10.2215, 9.3})) < 1e-5);
  CHECK(max_difference(returns(steady, 1.0), torch::tensor({10.333, 10.37, 9.3})) < 1e-5);
  CHECK(max_difference(returns(steady, 0.0), torch::tensor({5.5, 7.4, 9.3})) < 1e-5);
  CHECK(max_difference(returns(0.9 * column({0.8f, 1.0f, 0.5f}), 0.95), torch::tensor({6.329323, 7.52825, 6.15})) <
        1e-5);
  CHECK(max_difference(returns(0.9 * column({1.0f, 0.0f, 1.0f}), 0.95), torch::tensor({2.935, 2.0, 9.3})) < 1e-5);
}

TEST_CASE("the range of returns follows their percentiles slowly", "[learn]") {
  ReturnRange range;
  const Tensor returns = torch::tensor({0.0f, 1.0f, 2.0f, 3.0f, 10.0f});
  range.update(returns, 0.01);
  CHECK(range.low == Approx(0.002));
  CHECK(range.high == Approx(0.086));
  CHECK(range.scale(1.0) == 1.0);
  for (int i = 1; i < 100; ++i) {
    range.update(returns, 0.01);
  }
  CHECK(range.scale(1.0) == Approx(5.325).epsilon(1e-3));
}

TEST_CASE("C learns in imagination to reach the goal, through the dream and by reinforcement", "[learn]") {
  const PointWorld model(1, std::numeric_limits<float>::infinity(), 0.05f);
  const StartStates starts = anywhere();
  WorkerPool pool(2);
  for (const ActorGradient gradient : {ActorGradient::dynamics, ActorGradient::reinforce}) {
    for (const CriticKind critic : {CriticKind::two_hot, CriticKind::value}) {
      CAPTURE(static_cast<int>(gradient), static_cast<int>(critic));
      ImaginationConfig config = small(gradient);
      config.critic = critic;
      Imagination search(config, {}, pool, model.features(starts.states),
                         {model, starts, DreamConfig{}, ActionKind::box, 64}, task_of(3));
      std::vector<double> paid;
      for (int i = 0; i < 5; ++i) {
        paid.push_back(search.run_generation().mean_fitness);
      }
      // Doing nothing pays 4 (1 - 2/3) = 1.3; the noise costs a little of the 4 that are there.
      CHECK(paid.front() < paid.back());
      CHECK(paid.back() > 3.0);  // 3.18 by reinforcement on a processor with AVX2 alone
      // u = w (goal - place): with tanh, w near 2 or more, of opposite signs.
      const std::vector<double> c = search.parameters();
      CHECK(c[0] < -0.6);
      CHECK(c[1] > 0.6);
    }
  }
}

TEST_CASE("C draws discrete actions in imagination, and its noise is learnt where entropy pays", "[learn]") {
  const PointWorld model(2);
  const StartStates starts = anywhere();
  WorkerPool pool(1);
  for (const ActorGradient gradient : {ActorGradient::dynamics, ActorGradient::reinforce}) {
    ImaginationConfig config = small(gradient);
    Imagination search(config, {}, pool, model.features(starts.states),
                       {model, starts, DreamConfig{}, ActionKind::discrete, 64}, task_of(6));
    double first = 0.0, last = 0.0;
    for (int i = 0; i < 5; ++i) {
      last = search.run_generation().mean_fitness;
      first = i == 0 ? last : first;
    }
    CHECK(last > first);
    const std::vector<double> c = search.parameters();
    CHECK(c[1] > c[3]);  // up where the goal is higher
  }
  const PointWorld line;
  double deviations[2];
  for (const double entropy : {1e-4, 1.0}) {
    ImaginationConfig config = small(ActorGradient::dynamics);
    config.entropy = entropy;
    Imagination search(config, {}, pool, line.features(starts.states),
                       {line, starts, DreamConfig{}, ActionKind::box, 64}, task_of(3));
    search.run_generation();
    deviations[entropy == 1.0] = search.save().at("log_deviation").item<double>();
  }
  CHECK(deviations[1] > deviations[0] + 0.1);
}

TEST_CASE("imagination goes on where it stopped, with any number of threads, to the same bits", "[learn]") {
  const PointWorld model(1, 0.9f, 0.05f);
  const StartStates starts = anywhere();
  WorkerPool one(1), two(2);
  const auto make = [&](WorkerPool& pool) {
    return std::make_unique<Imagination>(
        small(ActorGradient::dynamics), ControllerConfig{}, pool, model.features(starts.states),
        Imagination::Place{model, starts, DreamConfig{}, ActionKind::box, 32}, task_of(3));
  };
  const auto whole = make(one), begun = make(two), resumed = make(one);
  for (int i = 0; i < 3; ++i) {
    whole->run_generation();
  }
  begun->run_generation();
  resumed->load(begun->save());
  resumed->run_generation();
  resumed->run_generation();
  CHECK(resumed->generation() == 3);
  const auto expected = whole->save(), found = resumed->save();
  REQUIRE(expected.size() == found.size());
  for (const auto& [name, tensor] : expected) {
    INFO(name);
    CHECK(torch::equal(tensor, found.at(name)));
  }
}

TEST_CASE("imagination starts from the controller that it is given, and a stop leaves it as it was", "[learn]") {
  const PointWorld model;
  const StartStates starts = anywhere();
  std::atomic<bool> stop = false;
  WorkerPool pool(
      1, [] {}, [&stop] { return stop.load(); });
  SearchTask task = task_of(3);
  task.start = {-1.0, 1.0, 0.25};
  Imagination search(small(ActorGradient::dynamics), {}, pool, model.features(starts.states),
                     {model, starts, DreamConfig{}, ActionKind::box, 32}, task);
  const std::vector<double> before = search.parameters();
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(before[i] == Approx(task.start[i]).margin(1e-4));
  }
  search.run_generation();  // only the critic learns
  CHECK(search.parameters() == before);
  stop = true;
  CHECK_THROWS_AS(search.run_generation(), Stopped);
  stop = false;
  CHECK(search.generation() == 1);
  CHECK(search.parameters() == before);
}

TEST_CASE("imagination refuses in one line what gives no gradient or is not finite", "[learn]") {
  // The next state does not depend on the action's gradient.
  struct Blind : PointWorld {
    Imagined imagine(const ModelState& state, const Tensor& action, float temperature,
                     const Noise& noise) const override {
      torch::NoGradGuard no_grad;
      return PointWorld::imagine(state, action, temperature, noise);
    }
  };
  const Blind blind;
  const StartStates starts = anywhere(), broken = points({0.0f, 0.0f}, {std::nanf(""), std::nanf("")});
  WorkerPool pool(1);
  const auto make = [&](const WorldModel& model, const StartStates& from, ActorGradient gradient) {
    return Imagination(small(gradient), {}, pool, model.features(starts.states),
                       {model, from, DreamConfig{}, ActionKind::box, 8}, task_of(3));
  };
  CHECK_THROWS_WITH(make(blind, starts, ActorGradient::dynamics).run_generation(),
                    ContainsSubstring("gives gradients"));
  CHECK_NOTHROW(make(blind, starts, ActorGradient::reinforce).run_generation());
  const PointWorld model;
  CHECK_THROWS_WITH(make(model, broken, ActorGradient::dynamics).run_generation(), ContainsSubstring("imagination: "));
}
