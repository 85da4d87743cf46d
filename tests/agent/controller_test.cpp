#include "agent/controller.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "env/discrete.h"
#include "env/error.h"
#include "env/random.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

const ControllerConfig kCar{.squash = {Squash::tanh, Squash::tanh01, Squash::relu_tanh}};

}  // namespace

TEST_CASE("the controllers have the papers' numbers of parameters", "[agent]") {
  CHECK(Controller::num_parameters(kCar, 288, 3) == 867);
  CHECK(Controller::num_parameters({.bias = false}, 1088, 1) == 1088);
  CHECK(Controller::num_parameters({.hidden_size = 40}, 32, 3) == 1443);
  CHECK(Controller(kCar, 288, 3, 2).num_parameters() == 867);
}

TEST_CASE("the linear controller is squash(W x + b), weights by action, then biases", "[agent]") {
  Controller controller(kCar, 2, 3, 2);
  controller.set_row(0, std::vector<double>{1, 2, 3, 4, 5, 6, 0.1, 0.2, 0.3});
  controller.set_row(1, std::vector<double>{0, 0, 0, 0, 0, 0, -0.5, -0.5, -0.5});
  const std::vector<float> observation = {0.1f, -0.2f, 7.0f, -3.0f};
  std::vector<float> action(6);
  controller.act(observation, action);
  CHECK(action[0] == Approx(std::tanh(0.1 - 0.4 + 0.1)));
  CHECK(action[1] == Approx((std::tanh(0.3 - 0.8 + 0.2) + 1) / 2));
  CHECK(action[2] == 0.0f);  // tanh(0.5 - 1.2 + 0.3) is below 0
  CHECK(action[3] == Approx(std::tanh(-0.5)));
  CHECK(action[4] == Approx((std::tanh(-0.5) + 1) / 2));
  CHECK(action[5] == 0.0f);

  controller.set_row(1, std::vector<double>{0, 0, 0, 0, 0, 0, 0, 0, 0.5});
  controller.act(observation, action);
  CHECK(action[4] == 0.5f);
  CHECK(action[5] == Approx(std::tanh(0.5)));
}

TEST_CASE("a hidden layer of tanh units comes before the actions", "[agent]") {
  Controller controller({.hidden_size = 2}, 1, 1, 1);
  controller.set_all(std::vector<double>{0.5, -1.5, 0.1, 0.2, 2.0, 3.0, -0.25});
  const std::vector<float> observation = {0.8f};
  std::vector<float> action(1);
  controller.act(observation, action);
  CHECK(action[0] == Approx(std::tanh(2 * std::tanh(0.4 + 0.1) + 3 * std::tanh(-1.2 + 0.2) - 0.25)));
}

TEST_CASE("long feature vectors are summed whole, whatever their length", "[agent]") {
  for (const int size : {1, 15, 16, 17, 288, 301}) {
    Controller controller({.bias = false}, size, 1, 1);
    std::vector<double> parameters(static_cast<std::size_t>(size));
    std::iota(parameters.begin(), parameters.end(), 1.0);
    controller.set_all(parameters);
    std::vector<float> action(1);
    const float share = 1.0f / static_cast<float>(size * (size + 1));
    controller.act(std::vector<float>(static_cast<std::size_t>(size), share), action);
    CHECK(action[0] == Approx(std::tanh(0.5)));
  }
}

TEST_CASE("equal parameters and observations give equal bits in any row", "[agent]") {
  const int batch = 7;
  Controller controller(kCar, 288, 3, batch);
  std::vector<float> features(288), weights(867);
  Rng(1).fill_normal(features);
  Rng(2).fill_normal(weights);
  controller.set_all(std::vector<double>(weights.begin(), weights.end()));
  std::vector<float> observation;
  for (int row = 0; row < batch; ++row) {
    observation.insert(observation.end(), features.begin(), features.end());
  }
  std::vector<float> action(batch * 3);
  controller.act(observation, action);
  for (std::size_t i = 3; i < action.size(); ++i) {
    CHECK(action[i] == action[i % 3]);
  }
  CHECK(action[0] != action[1]);
}

TEST_CASE("a controller refuses what does not fit, and says what it expected", "[agent]") {
  Controller controller(kCar, 2, 3, 1);
  CHECK_THROWS_WITH(controller.set_row(0, std::vector<double>(8)), "controller: expected 9 parameters, found 8");
  std::vector<double> parameters(9);
  parameters[4] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(controller.set_row(0, parameters), Error);
  CHECK_THROWS_WITH(Controller(kCar, 2, 1, 1), "controller squash: expected one per action component (1), found 3");
  CHECK_THROWS_AS(check_config(ControllerConfig{.hidden_size = -1}), Error);
}

TEST_CASE("a controller of discrete actions plays the largest score", "[agent]") {
  Controller controller({.bias = true}, 1, 3, 2, ActionKind::discrete);
  controller.set_all(std::vector<double>{1, -1, 0, 0, 0, 0.5});
  std::vector<float> action(6);
  controller.act(std::vector<float>{2.0f, -2.0f}, action);
  CHECK(action == std::vector<float>{1, 0, 0, 0, 1, 0});
  controller.act(std::vector<float>{0.0f, 0.5f}, action);
  CHECK(action == std::vector<float>{0, 0, 1, 1, 0, 0});  // the first of equals
  CHECK_THROWS_WITH(Controller({.squash = {Squash::tanh}}, 1, 1, 1, ActionKind::discrete),
                    "controller squash: expected none where actions are discrete, found 1");
}

TEST_CASE("draws from a softmax come as often as they should", "[agent]") {
  const std::vector<float> scores = {0.0f, std::log(3.0f), -200.0f};
  Rng rng(3);
  std::vector<int> count(3);
  for (int i = 0; i < 4000; ++i) {
    ++count[draw_from_softmax(scores, rng.uniform())];
  }
  CHECK(count[0] == Approx(1000).margin(100));
  CHECK(count[1] == Approx(3000).margin(100));
  CHECK(count[2] == 0);
  CHECK(draw_from_softmax(scores, 0.99999994f) < 2);
}

}  // namespace reverie
