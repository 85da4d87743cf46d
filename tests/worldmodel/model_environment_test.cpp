// A policy that uses the world model and its state, as a planner does, in the game and in the dream.
#include "worldmodel/model_environment.h"

#include "agent/make_policy.h"
#include "env/batch_environment.h"
#include "env/games.h"
#include "tests/test.hpp"
#include "tests/toy/toy_world_model.h"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/dream_environment.h"
#include "worldmodel/encoded_environment.h"

namespace reverie {
namespace {

constexpr int kActions = 3;

// Of a few constant actions, each row takes the one after which its model expects the most.
class OneStepPlanner : public Policy<float> {
 public:
  explicit OneStepPlanner(const ModelEnvironment& environment) : environment_(environment) {}
  void begin(int, const Episode&) override {}
  void act(std::span<const float>, std::span<float> action) override {
    const torch::NoGradGuard no_grad;
    const int batch = environment_.spec().batch_size;
    const WorldModelSpec& spec = environment_.model().spec();
    const Noise calm{torch::zeros({batch, spec.imagine_normals}), torch::full({batch, spec.imagine_uniforms}, 0.5f)};
    std::vector<torch::Tensor> rewards;
    const std::vector<float> levels = {-1.0f, 0.0f, 1.0f};
    for (const float level : levels) {
      rewards.push_back(
          environment_.model().imagine(environment_.state(), torch::full({batch, kActions}, level), 1.0f, calm).reward);
    }
    const torch::Tensor best = torch::stack(rewards).argmax(0);
    for (int row = 0; row < batch; ++row) {
      for (int i = 0; i < kActions; ++i) {
        action[static_cast<std::size_t>(row * kActions + i)] =
            levels[static_cast<std::size_t>(best[row].item<std::int64_t>())];
      }
    }
  }

 private:
  const ModelEnvironment& environment_;
};

double mean_reward(ModelEnvironment& environment, const SavedPolicy& saved) {
  const std::unique_ptr<Policy<float>> policy = make_policy(saved, environment, {});
  const int rows[] = {0, 1};
  const std::uint64_t seeds[] = {3, 4};
  environment.reset(rows, seeds);
  std::vector<float> action(2 * kActions);
  double sum = 0.0;
  for (int step = 0; step < 10; ++step) {
    policy->act(environment.observation(), action);
    environment.step(action);
    sum += static_cast<double>(environment.reward()[0] + environment.reward()[1]) / 20.0;
  }
  return sum;
}

}  // namespace

TEST_CASE("a policy may see the model's state of its environment, game or dream", "[worldmodel]") {
  policy_kinds()["one_step_planner"] = [](const SavedPolicy&, const FeatureEnvironment& environment,
                                          const ControllerConfig&) {
    return std::make_unique<OneStepPlanner>(dynamic_cast<const ModelEnvironment&>(environment));
  };
  const ToyWorldModel model(kActions);
  SavedPolicy planner;
  planner.kind = "one_step_planner";
  StartStates starts{model.initial_state(1), {1}, {1}};
  DreamConfig config;
  config.end = DreamEnd::never;
  const std::vector<float> low(kActions, -1.0f), high(kActions, 1.0f);
  DreamEnvironment dream(model, starts, config, low, high, 2);
  const SavedPolicy idle = controller_policy(std::vector<double>(
      static_cast<std::size_t>(Controller::num_parameters({}, model.spec().feature_size, kActions)), 0.0));
  CHECK(mean_reward(dream, planner) > mean_reward(dream, idle) + 0.1);

  BatchEnvironment game(make_game_factory({}), 2, model.spec().frame_height, model.spec().frame_width);
  EncodedEnvironment encoded(game, model);
  CHECK_NOTHROW(mean_reward(encoded, planner));
}

}  // namespace reverie
