#include "worldmodel/encoded_environment.h"

#include <algorithm>
#include <stdexcept>

#include "env/batch_environment.h"
#include "env/error.h"
#include "env/games.h"
#include "tests/encoded_game.h"
#include "tests/environment_conformance.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/row_noise.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr int kSteps = 15;

BatchEnvironment make_game(int batch_size, int size = kFrameSize) {
  return BatchEnvironment(make_game_factory(GameConfig{}), batch_size, size, size, kSteps);
}

}  // namespace

TEST_CASE("a game seen through a model is an environment like any other", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(3);
  check_environment<float>([&](int batch_size) { return std::make_unique<EncodedGame>(model, batch_size, kSteps); });
}

TEST_CASE("an encoded game shows what the model makes of frame after frame", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(3);
  BatchEnvironment game = make_game(2), same_game = make_game(2);
  EncodedEnvironment encoded(game, model);
  const std::vector<int> rows = {0, 1};
  const std::vector<std::uint64_t> seeds = {5, 6};
  encoded.reset(rows, seeds);
  same_game.reset(rows, seeds);
  CHECK(encoded.spec().observation_shape == std::vector<int>{kTinyLatent + kTinyHidden});

  std::vector<Rng> rng = {Rng(derive_seed(5, Stream::encode_noise)), Rng(derive_seed(6, Stream::encode_noise))};
  Noise noise = make_noise(2, kTinyLatent, 0);
  ModelState state = model.initial_state(2);
  std::vector<float> action(6, 0.0f);
  for (int t = 0; t < 4; ++t) {
    if (t > 0) {
      for (std::size_t i = 0; i < action.size(); ++i) {
        action[i] = 0.1f * static_cast<float>(t) + 0.05f * static_cast<float>(i);
      }
      encoded.step(action);
      same_game.step(action);
    }
    for (int row = 0; row < 2; ++row) {
      fill_noise_row(noise, row, rng[static_cast<std::size_t>(row)]);
    }
    const Tensor frames = frames_to_tensor(same_game.observation().data(), 2, kFrameSize, kFrameSize);
    state =
        model.observe(state, torch::tensor(action).view({2, 3}), frames, torch::full({2}, t == 0 ? 1.0f : 0.0f), noise);
    const Tensor expected = model.features(state).view({-1});
    CHECK(torch::equal(torch::tensor(std::vector<float>(encoded.observation().begin(), encoded.observation().end())),
                       expected));
    CHECK(encoded.reward()[1] == same_game.reward()[1]);
  }
  CHECK(state.parts[1].abs().min().item<float>() > 0.0f);  // M has moved
}

TEST_CASE("a model made for other frames or actions is refused", "[worldmodel]") {
  BatchEnvironment small = make_game(1, 32), game = make_game(1);
  const VaeMdnRnn model = tiny_model(3), other = tiny_model(2);
  CHECK(message_of<Error>([&] { EncodedEnvironment(small, model); }) ==
        "the world model does not fit the game: it expects frames of 64 x 64 and 3 action values, found 32 x 32 and 3");
  CHECK(message_of<Error>([&] { EncodedEnvironment(game, other); }) ==
        "the world model does not fit the game: it expects frames of 64 x 64 and 2 action values, found 64 x 64 and 3");
}

TEST_CASE("an encoded game goes on from a moment it remembers, to the bit", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(3);
  BatchEnvironment game = make_game(1);
  EncodedEnvironment encoded(game, model);
  const std::vector<int> rows = {0};
  const std::vector<std::uint64_t> seeds = {5};
  const std::vector<float> action = {0.3f, 0.8f, 0.0f};
  encoded.reset(rows, seeds);
  for (int step = 0; step < 4; ++step) {
    encoded.step(action);
  }
  const EncodedEnvironment::Memory memory = encoded.memory();
  const std::vector<float> there(encoded.observation().begin(), encoded.observation().end());
  encoded.step(action);
  encoded.step(action);
  const std::vector<float> later(encoded.observation().begin(), encoded.observation().end());
  encoded.reset(rows, seeds);

  game.reset(rows, seeds);
  for (int step = 0; step < 4; ++step) {
    game.step(action);
  }
  encoded.restore(memory);
  CHECK(std::vector<float>(encoded.observation().begin(), encoded.observation().end()) == there);
  encoded.step(action);
  encoded.step(action);
  CHECK(std::vector<float>(encoded.observation().begin(), encoded.observation().end()) == later);
}

TEST_CASE("an encoded game takes what was tried for its model and batch size, and of no other", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(3);
  const RowSubset subset = EncodedEnvironment::try_rows(model, 17);
  BatchEnvironment game = make_game(17), same_game = make_game(17), other = make_game(2);
  EncodedEnvironment given(game, model, subset), tried(same_game, model);
  const std::vector<int> rows = {3, 11};
  const std::vector<std::uint64_t> seeds = {5, 6};
  given.reset(rows, seeds);
  tried.reset(rows, seeds);
  CHECK(std::equal(given.observation().begin(), given.observation().end(), tried.observation().begin()));
  CHECK_THROWS_AS(EncodedEnvironment(other, model, subset), std::logic_error);
}
