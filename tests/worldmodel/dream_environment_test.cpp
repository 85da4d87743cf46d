#include "worldmodel/dream_environment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "env/error.h"
#include "tests/environment_conformance.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A world model that only counts its steps. At a state's step s it pays reward[s] and gives end_logit[s], the last ones
// for ever after; a state that starts at 1000 n counts from there. Features: the count, the last normal, the
// temperature.
class CountingModel : public WorldModel {
 public:
  CountingModel() {
    spec_.feature_size = 3;
    spec_.action_size = 1;
    spec_.imagine_normals = 1;
    spec_.imagine_uniforms = 2;
  }

  std::vector<float> reward = {0.0f}, end_logit = {-9.0f};

  const WorldModelSpec& spec() const override { return spec_; }
  ModelState initial_state(int batch_size) const override {
    return {{torch::full({batch_size, 1}, -1.0f), torch::zeros({batch_size, 2})}};
  }
  ModelState observe(const ModelState& state, const Tensor&, const Tensor&, const Tensor&,
                     const Noise&) const override {
    return state;
  }
  ModelState begin_dream(const ModelState& from, const Noise&) const override { return from; }
  mutable int num_imagined = 0;  // calls
  Imagined imagine(const ModelState& state, const Tensor& action, float temperature,
                   const Noise& noise) const override {
    ++num_imagined;
    const std::int64_t batch = action.size(0);
    Imagined next;
    next.state.parts = {state.parts[0] + 1.0f, torch::cat({noise.normals, torch::full({batch, 1}, temperature)}, 1)};
    next.reward = torch::empty({batch});
    next.terminated_logit = torch::empty({batch});
    for (std::int64_t row = 0; row < batch; ++row) {
      const auto step = static_cast<std::size_t>(std::max(state.parts[0][row].item<float>(), 0.0f)) % 1000;
      next.reward[row] = reward[std::min(step, reward.size() - 1)];
      next.terminated_logit[row] = end_logit[std::min(step, end_logit.size() - 1)];
    }
    return next;
  }
  Tensor features(const ModelState& state) const override { return torch::cat(state.parts, 1); }
  Tensor decode(const ModelState& state) const override { return torch::zeros({state.parts[0].size(0), 3, 1, 1}); }

 private:
  WorldModelSpec spec_;
};

// Starts at counts 0, 1000, 2000, ...; all are first frames.
StartStates counting_starts(int count) {
  StartStates starts;
  starts.states.parts = {torch::arange(count).to(torch::kFloat32).view({count, 1}) * 1000.0f, torch::zeros({count, 2})};
  starts.first.assign(static_cast<std::size_t>(count), 1);
  starts.paid.assign(static_cast<std::size_t>(count), 0);
  return starts;
}

struct Dream {
  CountingModel model;
  DreamConfig config;
  StartStates starts = counting_starts(1);

  DreamEnvironment make(int batch_size = 1) {
    return DreamEnvironment(model, starts, config, {-1.0f}, {1.0f}, batch_size);
  }
};

void reset_all(DreamEnvironment& dream, std::vector<std::uint64_t> seeds) {
  std::vector<int> rows;
  for (std::size_t row = 0; row < seeds.size(); ++row) {
    rows.push_back(static_cast<int>(row));
  }
  dream.reset(rows, seeds);
}

void step(DreamEnvironment& dream) {
  const std::vector<float> action(static_cast<std::size_t>(dream.spec().batch_size) * dream.spec().action_low.size(),
                                  0.5f);
  dream.step(action);
}

// Rewards of one row until it ends.
std::vector<float> play(DreamEnvironment dream) {
  std::vector<float> rewards;
  reset_all(dream, {1});
  while (dream.live(0)) {
    step(dream);
    rewards.push_back(dream.reward()[0]);
  }
  return rewards;
}

float feature(const DreamEnvironment& dream, int row, int index) {
  return dream.observation()[static_cast<std::size_t>(row * dream.spec().observation_size() + index)];
}

}  // namespace

TEST_CASE("a dream is an environment like any other", "[worldmodel]") {
  const VaeMdnRnn model = tiny_model(2);
  StartStates starts;
  starts.states.parts = {normal_tensor({9, kTinyLatent}, 1), normal_tensor({9, kTinyHidden}, 2).tanh(),
                         normal_tensor({9, kTinyHidden}, 3)};
  starts.first.assign(9, 1);
  starts.paid.assign(9, 0);
  DreamConfig config;
  config.horizon = 15;
  config.end = GENERATE(DreamEnd::never, DreamEnd::sample);
  config.pay_cap = {4, 0.5, 1.0};
  check_environment<float>([&](int batch_size) {
    return std::make_unique<DreamEnvironment>(model, starts, config, std::vector<float>{-1.0f, 0.0f},
                                              std::vector<float>{1.0f, 1.0f}, batch_size);
  });
}

TEST_CASE("a dream without an end is truncated at its horizon", "[worldmodel]") {
  Dream world;
  world.config.horizon = 7;
  DreamEnvironment dream = world.make();
  CHECK(dream.spec().max_episode_steps == 7);
  reset_all(dream, {1});
  for (int t = 0; t < 7; ++t) {
    CHECK(dream.live(0));
    step(dream);
  }
  CHECK(dream.truncated()[0] == 1);
  CHECK(dream.terminated()[0] == 0);
}

TEST_CASE("a dream ends where the logit is above 0, where a draw says so, or never", "[worldmodel]") {
  Dream world;
  world.model.end_logit = {-0.1f, 0.0f, 0.1f};
  world.config.horizon = 5;
  world.config.end = DreamEnd::threshold;
  CHECK(play(world.make()).size() == 3);
  world.config.end = DreamEnd::never;
  CHECK(play(world.make()).size() == 5);

  constexpr int kRows = 2000;
  world.config.end = DreamEnd::sample;
  world.model.end_logit = {std::log(0.25f / 0.75f)};
  DreamEnvironment dream = world.make(kRows);
  std::vector<std::uint64_t> seeds(kRows);
  std::iota(seeds.begin(), seeds.end(), 1);
  reset_all(dream, seeds);
  int live = kRows;
  for (int t = 0; t < 2; ++t) {
    std::vector<int> took_it;
    for (int row = 0; row < kRows; ++row) {
      if (dream.live(row)) {
        took_it.push_back(row);
      }
    }
    step(dream);
    CHECK(std::all_of(took_it.begin(), took_it.end(),
                      [&](int row) { return std::abs(dream.end_probability(row) - 0.25f) < 1e-6f; }));
    const auto ended =
        static_cast<int>(std::count(dream.terminated().begin(), dream.terminated().end(), 1)) - (kRows - live);
    CHECK(std::abs(ended - 0.25 * live) < 5.0 * std::sqrt(0.25 * 0.75 * live));
    live -= ended;
  }
}

TEST_CASE("an end on the last step is terminated, not truncated", "[worldmodel]") {
  Dream world;
  world.model.end_logit = {-1.0f, -1.0f, 1.0f};
  world.config.horizon = 3;
  DreamEnvironment dream = world.make();
  reset_all(dream, {1});
  for (int t = 0; t < 3; ++t) {
    step(dream);
  }
  CHECK(dream.terminated()[0] == 1);
  CHECK(dream.truncated()[0] == 0);
  CHECK(dream.end_probability(0) == 1.0f);  // of a threshold
}

TEST_CASE("the reward is the model's, or 1 a step", "[worldmodel]") {
  Dream world;
  world.config.horizon = 3;
  world.model.reward = {0.5f, -2.0f, 7.0f};
  CHECK(play(world.make()) == std::vector<float>{0.5f, -2.0f, 7.0f});
  world.config.reward = DreamReward::constant;
  CHECK(play(world.make()) == std::vector<float>{1.0f, 1.0f, 1.0f});
  world.config.constant_reward = 4.0f;
  CHECK(play(world.make()) == std::vector<float>{4.0f, 4.0f, 4.0f});
}

TEST_CASE("the cap pays a stretch up to its limit, takes the penalty above it, and starts again", "[worldmodel]") {
  Dream world;
  world.config.horizon = 6;
  world.config.pay_cap = {3, 2.0, 0.5};
  // Sums 1, 2, 4, so counted 1, 2, 2 - 0.5 * 2 = 1. Then, afresh: -1, 3, 2, so counted -1, 2 - 0.5 = 1.5, 2.
  world.model.reward = {1.0f, 1.0f, 2.0f, -1.0f, 4.0f, -1.0f};
  CHECK(play(world.make()) == std::vector<float>{1.0f, 1.0f, -1.0f, -1.0f, 2.5f, 0.5f});
  world.config.pay_cap.penalty = 0.0;  // a cap alone
  CHECK(play(world.make()) == std::vector<float>{1.0f, 1.0f, 0.0f, -1.0f, 3.0f, 0.0f});
  world.config.pay_cap.window = 0;
  CHECK(play(world.make()) == world.model.reward);

  world.config.pay_cap = {4, 1.3, 0.7};  // and as on whole dreams
  const std::vector<float> paid = play(world.make());
  const Tensor rewards = torch::tensor(world.model.reward).view({6, 1});
  CHECK(torch::equal(capped_rewards(world.config.pay_cap, rewards), torch::tensor(paid).view({6, 1})));
}

TEST_CASE("equal seeds share starts and noise in any row and beside any neighbours", "[worldmodel]") {
  Dream world;
  world.starts = counting_starts(50);
  DreamEnvironment dream = world.make(4);
  reset_all(dream, {11, 12, 11, 13});
  bool other_start = false, other_noise = false;
  for (int t = 0; t < 5; ++t) {
    for (int i = 0; i < 2; ++i) {
      CHECK(feature(dream, 0, i) == feature(dream, 2, i));
    }
    other_start = other_start || feature(dream, 0, 0) != feature(dream, 1, 0);
    other_noise = other_noise || feature(dream, 0, 1) != feature(dream, 1, 1);
    const float last = feature(dream, 0, 1);
    step(dream);
    CHECK(feature(dream, 0, 1) != last);  // noise is fresh at each step
  }
  CHECK(other_start);
  CHECK(other_noise);
}

TEST_CASE("finished rows keep their state while others dream on", "[worldmodel]") {
  Dream world;
  world.model.end_logit = {-1.0f, -1.0f, 1.0f};
  DreamEnvironment dream = world.make(3);
  reset_all(dream, {1, 2, 3});
  step(dream);
  dream.start(std::vector<int>{1}, {{torch::zeros({1, 1}), torch::zeros({1, 2})}}, std::vector<std::uint64_t>{9});
  step(dream);
  step(dream);  // rows 0 and 2 end at count 3; row 1 is at 2
  CHECK_FALSE(dream.live(0));
  CHECK(dream.live(1));
  const Tensor ended = dream.state().parts[1][0].clone();
  std::vector<float> action = {kNan, 0.5f, kNan};
  dream.step(action);
  CHECK(dream.state().parts[0][0].item<float>() == 3.0f);
  CHECK(dream.state().parts[0][1].item<float>() == 3.0f);
  CHECK(dream.state().parts[0][2].item<float>() == 3.0f);
  CHECK(torch::equal(dream.state().parts[1][0], ended));
  CHECK(dream.reward()[0] == 0.0f);
  step(dream);  // all have ended
  CHECK(dream.state().parts[0].max().item<float>() == 3.0f);
}

TEST_CASE("a dream may start from any given state", "[worldmodel]") {
  Dream world;
  DreamEnvironment dream = world.make(3);
  const ModelState from = {{torch::tensor({40.0f, 20.0f}).view({2, 1}), torch::ones({2, 2})}};
  dream.start(std::vector<int>{2, 0}, from, std::vector<std::uint64_t>{1, 2});
  CHECK(feature(dream, 2, 0) == 40.0f);
  CHECK(feature(dream, 0, 0) == 20.0f);
  CHECK_FALSE(dream.live(1));
  step(dream);
  CHECK(feature(dream, 2, 0) == 41.0f);
  CHECK(feature(dream, 1, 0) == -1.0f);
  CHECK(from.parts[0][0].item<float>() == 40.0f);
}

TEST_CASE("the model dreams at the temperature asked for, which may change", "[worldmodel]") {
  Dream world;
  world.config.temperature = 1.5;
  DreamEnvironment dream = world.make();
  reset_all(dream, {1});
  step(dream);
  CHECK(feature(dream, 0, 2) == 1.5f);
  dream.set_temperature(0.75);
  step(dream);
  CHECK(feature(dream, 0, 2) == 0.75f);
}

TEST_CASE("a reward or an end that is not a number stops the dream", "[worldmodel]") {
  Dream world;
  world.model.reward = {0.0f, kNan};
  CHECK(message_of<Error>([&] { play(world.make()); }) ==
        "dream: step 2: expected a finite reward and end logit from the world model, found nan and -9");
  world.model.reward = {0.25f};
  world.model.end_logit = {INFINITY};
  CHECK(message_of<Error>([&] { play(world.make()); }) ==
        "dream: step 1: expected a finite reward and end logit from the world model, found 0.25 and inf");
}

TEST_CASE("a dream that asks for starts nobody recorded is refused", "[worldmodel]") {
  Dream world;
  world.config.starts.first_share = 0.5;
  CHECK(message_of<Error>([&] { world.make(); }) ==
        "dream.starts: expected recorded moments of the kind 'recently paid', which have a share of 0.5, found none "
        "among 1");
}

TEST_CASE("the dream's config refuses what it cannot be", "[worldmodel]") {
  DreamConfig config;
  check_config(config);
  config.temperature = 0.0;
  CHECK(message_of<Error>([&] { check_config(config); }) == "temperature: expected 0.01 to 100, found 0");
  config = {};
  config.starts = {0.7, 0.4};
  CHECK(message_of<Error>([&] { check_config(config); }) ==
        "starts.first_share and any_share: expected a sum of at most 1, found 1.1");
}

TEST_CASE("which rows can be left out is tried once for all environments of a model and batch size", "[worldmodel]") {
  Dream dream;
  const RowSubset subset = DreamEnvironment::try_rows(dream.model, 40);
  CHECK(subset.batch_size() == 40);
  CHECK(dream.model.num_imagined == 3);  // whole, 16 and 32 rows
  for (int i = 0; i < 5; ++i) {
    CHECK(DreamEnvironment(dream.model, dream.starts, dream.config, {-1.0f}, {1.0f}, subset).spec().batch_size == 40);
  }
  CHECK(dream.model.num_imagined == 3);
}
