#include "experiments/report/truth_drift.h"

#include <algorithm>

#include "env/batch_environment.h"
#include "env/error.h"
#include "env/games.h"
#include "experiments/scoring/replayed_truth.h"
#include "tests/test.hpp"
#include "tests/worldmodel/tensors.h"

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
