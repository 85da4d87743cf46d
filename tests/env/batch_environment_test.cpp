#include "env/batch_environment.h"

#include "env/action_repeat.h"
#include "env/car_racing/car_racing.h"
#include "env/error.h"
#include "env/games.h"
#include "tests/environment_conformance.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

// Counts its steps: the reward is the step, the episode ends after `length` of them, the frame shows seed and step.
class CountingGame : public Game {
 public:
  explicit CountingGame(int length) : length_(length) {
    spec_.name = "counting";
    spec_.action_names = {"any"};
    spec_.action_low = {-1.0f};
    spec_.action_high = {1.0f};
    spec_.max_episode_steps = 10;
  }
  const GameSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override {
    seed_ = seed;
    step_ = 0;
  }
  StepResult step(std::span<const float>) override {
    ++step_;
    return {static_cast<float>(step_), step_ == length_};
  }
  void draw(int height, int width, std::span<std::uint8_t> frame) const override {
    CHECK(frame.size() == static_cast<std::size_t>(height * width * 3));
    std::fill(frame.begin(), frame.end(), static_cast<std::uint8_t>(16 * seed_ + static_cast<std::uint64_t>(step_)));
  }

 private:
  GameSpec spec_;
  int length_;
  std::uint64_t seed_ = 0;
  int step_ = 0;
};

GameFactory counting(int length) {
  return [length] { return std::make_unique<CountingGame>(length); };
}

void reset(FrameEnvironment& environment, std::vector<int> rows, std::vector<std::uint64_t> seeds) {
  environment.reset(rows, seeds);
}

void step(FrameEnvironment& environment, int times) {
  for (int i = 0; i < times; ++i) {
    environment.step(std::vector<float>(static_cast<std::size_t>(environment.spec().batch_size)));
  }
}

}  // namespace

TEST_CASE("a batch of car races keeps the contract of an environment", "[env]") {
  check_environment<std::uint8_t>(
      [](int batch_size) { return std::make_unique<BatchEnvironment>(make_game_factory({}), batch_size, 16, 20, 30); });
}

TEST_CASE("a repeated action pays for each of the game's steps", "[env]") {
  // Rewards 1 + 2 + 3 + 4, then 5 + 6 + 7 where the game ends inside the step; the game's clock of 10 is kept too.
  ActionRepeat ends(std::make_unique<CountingGame>(7), 4);
  CHECK(ends.spec().max_episode_steps == 3);
  CHECK(ends.spec().steps_per_second == 12.5);
  const std::vector<float> action = {0.5f};
  ends.reset(1);
  StepResult result = ends.step(action);
  CHECK(result.reward == 10.0f);
  CHECK_FALSE(result.terminated);
  result = ends.step(action);
  CHECK(result.reward == 18.0f);
  CHECK(result.terminated);

  BatchEnvironment clocked([] { return std::make_unique<ActionRepeat>(std::make_unique<CountingGame>(99), 4); }, 1, 2,
                           2);
  reset(clocked, {0}, {1});
  step(clocked, 3);
  CHECK(clocked.reward()[0] == 9.0f + 10.0f);  // two steps were left
  CHECK(clocked.truncated()[0] == 1);
  CHECK(clocked.observation()[0] == 16 + 10);
  reset(clocked, {0}, {1});
  step(clocked, 1);
  CHECK(clocked.reward()[0] == 10.0f);

  CHECK_THROWS_AS(ActionRepeat(std::make_unique<CountingGame>(7), 0), Error);
}

TEST_CASE("the clock truncates after exactly max_episode_steps", "[env]") {
  BatchEnvironment own_clock(counting(100), 1, 2, 2);
  CHECK(own_clock.spec().max_episode_steps == 10);
  BatchEnvironment environment(counting(100), 1, 2, 2, 4);
  CHECK(environment.spec().max_episode_steps == 4);
  reset(environment, {0}, {1});
  step(environment, 3);
  CHECK(environment.live(0));
  step(environment, 1);
  CHECK(environment.truncated()[0] == 1);
  CHECK(environment.terminated()[0] == 0);
  CHECK(environment.reward()[0] == 4.0f);
}

TEST_CASE("a task that ends on the last step is terminated, not truncated", "[env]") {
  BatchEnvironment environment(counting(4), 1, 2, 2, 4);
  reset(environment, {0}, {1});
  step(environment, 4);
  CHECK(environment.terminated()[0] == 1);
  CHECK(environment.truncated()[0] == 0);
}

TEST_CASE("a finished row keeps its frame and flags, and gets reward 0, while others go on", "[env]") {
  BatchEnvironment environment(counting(3), 2, 1, 1);
  reset(environment, {0, 1}, {1, 2});
  step(environment, 2);
  reset(environment, {1}, {3});
  CHECK(environment.observation()[0] == 16 + 2);
  CHECK(environment.observation()[3] == 48);
  step(environment, 1);
  CHECK(environment.terminated()[0] == 1);
  CHECK(environment.reward()[0] == 3.0f);
  CHECK(environment.reward()[1] == 1.0f);
  step(environment, 1);
  CHECK(environment.observation()[0] == 16 + 3);
  CHECK(environment.terminated()[0] == 1);
  CHECK(environment.reward()[0] == 0.0f);
  CHECK(environment.reward()[1] == 2.0f);
  CHECK(environment.observation()[3] == 48 + 2);
}

TEST_CASE("an episode's end has words", "[env]") {
  BatchEnvironment environment(counting(3), 2, 2, 2, 2);
  reset(environment, {0}, {1});
  CHECK(environment.end_reason(0).empty());
  CHECK(environment.end_reason(1).empty());  // never begun
  step(environment, 2);
  CHECK(environment.end_reason(0) == "time is up");
}

TEST_CASE("who watches a repeated action sees each of the game's own steps", "[env]") {
  ActionRepeat game(std::make_unique<CountingGame>(7), 4);
  std::vector<int> seen;
  game.watch([&](const Game& inner) {
    std::vector<std::uint8_t> frame(3);
    inner.draw(1, 1, frame);
    seen.push_back(frame[0]);
  });
  game.reset(0);
  const std::vector<float> action = {0.5f};
  game.step(action);
  CHECK(seen == std::vector<int>{1, 2, 3, 4});
  game.step(action);
  CHECK(seen == std::vector<int>{1, 2, 3, 4, 5, 6, 7});
}
