#include "worldmodel/open_loop.h"

#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"
#include "worldmodel/vae/latent_store.h"

using namespace reverie;
using torch::Tensor;

namespace {

// One recorded episode, encoded.
class Recorded {
 public:
  explicit Recorded(const RecordedEpisode& episode)
      : episodes_({record(folder_.path(), {episode})}, 1), store(episodes_, "one") {
    WorkerPool pool(1);
    store.encode(tiny_vae(), torch::kFloat32, pool);
  }

 private:
  TemporaryFolder folder_;
  EpisodeStore episodes_;

 public:
  LatentStore store;
};

OpenLoopConfig config_of(int moments, int horizon, int warm_up) {
  OpenLoopConfig config;
  config.moments = moments;
  config.horizon = horizon;
  config.warm_up = warm_up;
  return config;
}

std::vector<std::uint8_t> ramp(int steps, int slope) {
  std::vector<std::uint8_t> brightness;
  for (int t = 0; t <= steps; ++t) {
    brightness.push_back(static_cast<std::uint8_t>(slope * t));
  }
  return brightness;
}

}  // namespace

TEST_CASE("in a world that stands still a frozen frame makes no error, and a dream does", "[worldmodel]") {
  const Recorded recorded(tiny_episode(1, std::vector<std::uint8_t>(31, 200), std::vector<float>(30, 0.25f)));
  const OpenLoopResult result = measure_open_loop(tiny_model(2), recorded.store, {0}, config_of(6, 8, 4), 1);
  CHECK(result.moments == 6);
  REQUIRE(result.frozen_error.size() == 8);
  for (std::size_t step = 0; step < 8; ++step) {
    CHECK(result.frozen_error[step] == 0.0);
    CHECK(result.dream_error[step] > 0.0);
  }
  CHECK(result.recorded_reward == Approx(8 * 0.25));
}

TEST_CASE("the frozen error is held against the frame of its own step", "[worldmodel]") {
  const Recorded recorded(tiny_episode(1, ramp(40, 3), std::vector<float>(40, 0.0f)));
  const OpenLoopResult result = measure_open_loop(tiny_model(2), recorded.store, {0}, config_of(5, 6, 2), 1);
  for (std::size_t step = 0; step < 6; ++step) {
    const double difference = 3.0 * static_cast<double>(step + 1) / 255.0;
    CHECK(result.frozen_error[step] == Approx(difference * difference).epsilon(1e-4));
  }
}

TEST_CASE("a dream goes on from the recorded moment under the recorded actions", "[worldmodel]") {
  // Only moment 7 has a warm-up of 7 steps behind it and 1 step before it.
  std::vector<float> rewards(8, 0.0f);
  rewards[7] = 5.0f;
  const Recorded recorded(tiny_episode(1, ramp(8, 20), rewards));
  const VaeMdnRnn model = tiny_model(2);
  const OpenLoopResult result = measure_open_loop(model, recorded.store, {0}, config_of(3, 1, 7), 1);
  const EmbeddedEpisode episode = recorded.store.read(0);
  ModelState state = model.initial_state(1);
  for (std::int64_t t = 0; t <= 7; ++t) {
    const Tensor action = t == 0 ? torch::zeros({1, 2}) : episode.action.slice(0, t - 1, t);
    state = model.observe_latent(state, action, episode.embedding.parts[0].slice(0, t, t + 1),
                                 torch::full({1}, t == 0 ? 1.0f : 0.0f));
  }
  const Noise noise = {torch::zeros({1, kTinyLatent}),
                       torch::zeros({1, kTinyLatent})};  // the reward does not depend on it
  const double reward = model.imagine(state, episode.action.slice(0, 7, 8), 1.0f, noise).reward.item<double>();
  CHECK(result.moments == 3);
  CHECK(result.dream_reward == Approx(reward).epsilon(1e-5));
  CHECK(std::abs(reward) > 1e-3);
  CHECK(result.recorded_reward == Approx(5.0));
}

TEST_CASE("lost moments are those before which nothing paid for long", "[worldmodel]") {
  // Paid at step 10: 15 steps later, at moment 26, nothing has paid for 15 steps. It is the last with 8 steps to come.
  std::vector<float> rewards(34, 0.0f);
  rewards[10] = 1.0f;
  for (std::size_t t = 0; t < rewards.size(); ++t) {
    rewards[t] -= t == 10 ? 0.0f : static_cast<float>(t);
  }
  const Recorded recorded(tiny_episode(1, ramp(34, 5), rewards));
  OpenLoopConfig config = config_of(4, 8, 2);
  config.start = OpenLoopStart::lost;
  config.lost_after = 15;
  const OpenLoopResult result = measure_open_loop(tiny_model(2), recorded.store, {0}, config, 1);
  CHECK(result.moments == 4);
  CHECK(result.recorded_reward == Approx(-(26 + 27 + 28 + 29 + 30 + 31 + 32 + 33)));

  config.lost_after = 30;
  const OpenLoopResult none = measure_open_loop(tiny_model(2), recorded.store, {0}, config, 1);
  CHECK(none.moments == 0);
  CHECK(none.dream_error == std::vector<double>(8, 0.0));
}
