#include "agent/policy_roster.h"

#include <algorithm>

#include "agent/rollout.h"
#include "env/error.h"
#include "tests/agent/counting_environment.h"
#include "tests/test.hpp"

namespace reverie {
namespace {

// Plays saved actions in steps 0, 1, 2, ... of each row's episode. Unlike a controller it has a memory.
class Recital : public Policy<float> {
 public:
  Recital(const SavedPolicy& saved, const FeatureEnvironment& environment)
      : lines_(saved.tensors.at("lines").values), step_(static_cast<std::size_t>(environment.spec().batch_size), 0) {}
  void begin(int row, const Episode&) override { step_[static_cast<std::size_t>(row)] = 0; }
  void act(std::span<const float>, std::span<float> action) override {
    for (std::size_t row = 0; row < step_.size(); ++row) {
      action[row] = static_cast<float>(lines_[std::min(step_[row]++, lines_.size() - 1)]);
    }
  }

 private:
  std::vector<double> lines_;
  std::vector<std::size_t> step_;
};

SavedPolicy recital(std::vector<double> lines) {
  policy_kinds()["recital"] = [](const SavedPolicy& saved, const FeatureEnvironment& environment,
                                 const ControllerConfig&) { return std::make_unique<Recital>(saved, environment); };
  SavedPolicy saved;
  saved.kind = "recital";
  saved.tensors["lines"] = {{static_cast<std::int64_t>(lines.size())}, lines};
  return saved;
}

// Episode i is played by players[i % players.size()].
std::vector<EpisodeResult> play(const std::vector<SavedPolicy>& players, int batch_size) {
  CountingEnvironment environment(batch_size);
  PolicyRoster roster(environment, {});
  std::vector<const SavedPolicy*> pointers;
  for (const SavedPolicy& player : players) {
    pointers.push_back(&player);
  }
  roster.set_players(pointers,
                     [&](const Episode& episode) { return static_cast<std::size_t>(episode.index) % players.size(); });
  std::vector<std::uint64_t> seeds(24);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    seeds[i] = 5 + 2 * i;
  }
  std::vector<EpisodeResult> results(seeds.size());
  EpisodeQueue queue(std::span<const std::uint64_t>(seeds), 1);
  rollout<float>(environment, roster, queue, results);
  return results;
}

}  // namespace

TEST_CASE("policies of several kinds share a batch, and each plays as it does alone", "[agent]") {
  const std::vector<SavedPolicy> players = {controller_policy({0.5, 0.1, -0.2, 0.3}), recital({0.1, 0.2, 0.3}),
                                            recital({-0.5}), controller_policy({0, 0, 0, 2})};
  const std::vector<EpisodeResult> together = play(players, 5);
  for (std::size_t player = 0; player < players.size(); ++player) {
    const std::vector<EpisodeResult> alone = play({players[player]}, 1);
    for (std::size_t i = player; i < together.size(); i += players.size()) {
      CHECK(together[i] == alone[i]);
    }
  }
  CHECK(play(players, 1) == together);
}

TEST_CASE("a saved policy that nothing can play is refused in words", "[agent]") {
  CountingEnvironment environment(2);
  SavedPolicy strange = recital({1});
  strange.kind = "strange";
  CHECK_THROWS_WITH(make_policy(strange, environment, {}),
                    "policy: unknown kind 'strange' (known: controller, recital)");
  CHECK_THROWS_AS(make_policy(controller_policy({1, 2}), environment, {}), Error);
  CHECK_THROWS_AS(controller_parameters(strange), Error);
  CHECK(controller_parameters(zeroed(controller_policy({1, 2}))) == std::vector<double>{0, 0});
}

}  // namespace reverie
