#include "tests/toy/toy_world_model.h"

#include "env/batch_environment.h"
#include "env/games.h"
#include "tests/encoded_game.h"
#include "tests/environment_conformance.h"
#include "tests/test.hpp"
#include "tests/world_model_conformance.h"
#include "worldmodel/dream_environment.h"

using namespace reverie;

namespace {

constexpr int kSteps = 15;

// Moments of dreams of its own.
StartStates toy_starts(const WorldModel& model, int count) {
  StartStates starts;
  ModelState state = model.initial_state(count);
  const WorldModelSpec& spec = model.spec();
  for (std::uint64_t t = 0; t < 3; ++t) {
    const Noise noise{normal_tensor({count, spec.observe_normals}, 10 * t + 1),
                      uniform_tensor({count, spec.observe_uniforms}, 10 * t + 2)};
    state = model.observe(state, normal_tensor({count, spec.action_size}, 10 * t + 3),
                          uniform_tensor({count, 3, spec.frame_height, spec.frame_width}, 10 * t + 4),
                          torch::full({count}, t == 0 ? 1.0f : 0.0f), noise);
  }
  starts.states = state;
  starts.first.assign(static_cast<std::size_t>(count), 1);
  starts.paid.assign(static_cast<std::size_t>(count), 0);
  return starts;
}

}  // namespace

TEST_CASE("the toy keeps the contract of world models", "[worldmodel]") {
  WorldModelClaims claims;
  claims.differentiable = true;
  check_world_model(ToyWorldModel(3), claims);
  check_world_model(ToyWorldModel(1), claims);
}

TEST_CASE("the toy is as odd as it says", "[worldmodel]") {
  const ToyWorldModel model(3);
  const ModelState state = model.initial_state(2);
  CHECK(state.parts.size() == 4);
  CHECK((state.parts[1].scalar_type() == torch::kInt64));
  CHECK_FALSE(model.features(state).is_contiguous());
}

TEST_CASE("the toy's dream is an environment like any other", "[worldmodel]") {
  const ToyWorldModel model(2);
  const StartStates starts = toy_starts(model, 9);
  DreamConfig config;
  config.horizon = kSteps;
  config.end = GENERATE(DreamEnd::never, DreamEnd::sample);
  check_environment<float>([&](int batch_size) {
    return std::make_unique<DreamEnvironment>(model, starts, config, std::vector<float>{-1.0f, 0.0f},
                                              std::vector<float>{1.0f, 1.0f}, batch_size);
  });
}

TEST_CASE("a game seen through the toy is an environment like any other", "[worldmodel]") {
  const ToyWorldModel model(3);
  check_environment<float>([&](int batch_size) { return std::make_unique<EncodedGame>(model, batch_size, kSteps); });
}

TEST_CASE("a game seen through the toy shows the features that the toy gives", "[worldmodel]") {
  const ToyWorldModel model(3);
  BatchEnvironment game(make_game_factory(GameConfig{}), 20, model.spec().frame_height, model.spec().frame_width);
  EncodedEnvironment encoded(game, model);
  std::vector<int> rows;
  std::vector<std::uint64_t> seeds;
  for (int row = 0; row < 20; ++row) {
    rows.push_back(row);
    seeds.push_back(static_cast<std::uint64_t>(row));
  }
  encoded.reset(rows, seeds);
  encoded.step(std::vector<float>(60, 0.4f));
  const torch::Tensor features = model.features(encoded.state());
  for (std::int64_t row = 0; row < features.size(0); ++row) {
    for (std::int64_t i = 0; i < features.size(1); ++i) {
      CHECK(encoded.observation()[static_cast<std::size_t>(row * features.size(1) + i)] ==
            features[row][i].item<float>());
    }
  }
}

TEST_CASE("the toy's start states come back from a file with their whole numbers", "[worldmodel]") {
  const ToyWorldModel model(3);
  const StartStates starts = toy_starts(model, 5);
  TensorFile file;
  put_start_states(file, "train.", starts);
  const StartStates back = take_start_states(file, "run/start_states", "train.", model);
  CHECK((back.states.parts[1].scalar_type() == torch::kInt64));
  CHECK(torch::equal(back.states.parts[1], starts.states.parts[1]));
  CHECK(max_difference(back.states.parts[0], starts.states.parts[0]) < 1e-3);
  CHECK((back.states.parts[0].scalar_type() == torch::kFloat32));
  CHECK(back.first == starts.first);
}
