#include "experiments/report/truth_drift.h"

#include <algorithm>
#include <set>

#include "env/batch_environment.h"
#include "env/error.h"
#include "env/games.h"
#include "experiments/scoring/replayed_truth.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tiny_world.h"

using namespace reverie;
using torch::Tensor;

namespace {

constexpr std::int64_t kSteps = 60, kHorizon = 10, kStart = 30;

// The truth is a walk that features show as they are; the dream stays where it was after `knows` steps.
TruthCase walk(std::uint64_t seed, std::int64_t knows) {
  TruthCase result;
  result.truth = torch::cat({normal_tensor({kSteps + 1, 1}, seed).cumsum(0), torch::full({kSteps + 1, 1}, 3.0f)}, 1);
  result.seen = torch::cat({2.0f * result.truth.slice(1, 0, 1) + 1.0f, normal_tensor({kSteps + 1, 2}, seed + 50)}, 1);
  result.starts = {kStart};
  Tensor dream = result.seen.slice(0, kStart + 1, kStart + 1 + kHorizon).clone();
  for (std::int64_t step = knows; step < kHorizon; ++step) {
    dream[step].copy_(result.seen[kStart]);
  }
  result.dreams = {dream};
  return result;
}

}  // namespace

TEST_CASE("a dream's truth is read off by probes of the other half of the episodes", "[report]") {
  std::vector<TruthCase> cases;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    cases.push_back(walk(seed, 4));
  }
  const std::vector<TruthDrift> drifts = truth_drift({"place", "always 3"}, cases, kHorizon);
  REQUIRE(drifts.size() == 1);  // what never changes is left out
  const TruthDrift& place = drifts.front();
  CHECK(place.name == "place");
  REQUIRE(place.dreamed.size() == kHorizon);
  for (std::size_t step = 0; step < kHorizon; ++step) {
    CHECK(place.shown[step] < 0.02 * place.spread);
    if (step < 4) {
      CHECK(place.dreamed[step] == place.shown[step]);
    } else {
      CHECK(place.dreamed[step] == Approx(place.frozen[step]).margin(0.05 * place.spread));
      CHECK(place.dreamed[step] > 5.0 * place.shown[step]);
    }
  }
  CHECK(truth_drift({"place", "always 3"}, {cases.front()}, kHorizon).empty());
}

TEST_CASE("futures of one moment stand beside the game, and differ", "[report]") {
  const VaeMdnRnn model = tiny_model(2);
  const RecordedEpisode episode = tiny_episode(3, {10, 20, 30, 40, 50, 60, 70, 80, 90}, std::vector<float>(8, 1.0f));
  DriftConfig config;
  config.horizon = 5;
  config.warm_up = 2;
  const DriftCase drift_case = make_drift_case(model, episode, config);
  REQUIRE(drift_case.starts == std::vector<std::int64_t>{3});
  const Strip strip = draws_strip(model, drift_case, config, 3, {1, 5, 99}, 6);
  CHECK(strip.headings == std::vector<std::string>{"game", "1", "2", "3", "4", "5", "6"});
  REQUIRE(strip.names == std::vector<std::string>{"1 step", "5 steps"});
  CHECK(strip.frames[0][0].front() == 50);  // the game's frame after that step
  CHECK(strip.frames[1][0].front() == 90);
  for (const auto& row : strip.frames) {
    REQUIRE(row.size() == 7);
    CHECK(std::set<std::vector<std::uint8_t>>(row.begin() + 1, row.end()).size() == 6);
  }
  const std::vector<Drift> drifts = measure_drift(model, drift_case, config);
  REQUIRE(drifts.size() == 1);
  CHECK(drifts.front().features.size(0) == 5);
  const TruthCase truth = make_truth_case(model, drift_case, drifts, torch::zeros({9, 1}));
  CHECK(truth.seen.size(0) == 9);
  CHECK(truth.dreams.front().sizes() == drifts.front().features.sizes());

  DreamPay pay;
  CHECK(promise_of("C", drifts, 5, pay).recorded == Approx(5.0));
  pay.constant = 2.0;
  CHECK(promise_of("C", drifts, 3, pay).dreamed == Approx(6.0));
  pay.ends = true;
  const std::vector<double>& ends = drifts.front().trace.end_probability;
  CHECK(promise_of("C", drifts, 3, pay).dreamed == Approx(2.0 * (1.0 + (1.0 - ends[0]) * (1.0 + (1.0 - ends[1])))));
}

TEST_CASE("a recorded episode's truth is the game's own, and another game is refused", "[report]") {
  GameConfig config;
  config.name = "take_cover";
  config.action_repeat = 4;
  const GameFactory make_game = make_game_factory(config);
  const std::unique_ptr<Game> game = make_game();
  RecordedEpisode episode;
  episode.seed = 12;
  game->reset(episode.seed);
  std::vector<float> truth(game->truth_names().size());
  for (int t = 0; t < 20; ++t) {
    const float action = t % 3 == 0 ? 1.0f : -1.0f;
    const StepResult step = game->step({&action, 1});
    episode.actions.push_back(action);
    episode.rewards.push_back(static_cast<float>(step.reward));
  }
  game->truth(truth);
  const Tensor replayed = replay_truth(make_game, episode);
  CHECK(replayed.size(0) == 21);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    CHECK(replayed[20][static_cast<std::int64_t>(i)].item<float>() == truth[i]);
  }
  CHECK(replayed[0][0].item<float>() != replayed[20][0].item<float>());
  episode.rewards[7] += 0.5f;
  CHECK_THROWS_WITH(replay_truth(make_game, episode), ContainsSubstring("seed 12") && ContainsSubstring("step 7"));
}
