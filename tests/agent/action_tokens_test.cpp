#include "agent/action_tokens.h"

#include "env/error.h"
#include "env/random.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

using Pairs = std::vector<std::pair<int, int>>;
constexpr MergeLimits kAll = {100, 2, 100};

ActionTokens of(int codes, const Pairs& merges) {
  ActionTokens tokens;
  tokens.action_size = 1;
  for (int code = 0; code < codes; ++code) {
    tokens.codes.push_back(static_cast<float>(code));
  }
  tokens.merges = merges;
  return tokens;
}

}  // namespace

TEST_CASE("byte pairs are merged as worked out by hand", "[agent]") {
  const std::vector<int> a = {0, 1, 0, 1, 2, 0, 1, 0, 1, 2};
  const Pairs of_a = learn_merges({a}, 3, kAll);
  CHECK(of_a == Pairs{{0, 1}, {3, 2}, {3, 4}});
  CHECK(to_tokens(of(3, of_a), a) == std::vector<int>{5, 5});
  CHECK(of(3, of_a).expansions().back() == std::vector<int>{0, 1, 0, 1, 2});

  const std::vector<int> b = {0, 0, 0, 1, 3, 0, 0, 0, 1, 0, 2};  // aaabdaaabac
  const Pairs of_b = learn_merges({b}, 4, kAll);
  CHECK(of_b == Pairs{{0, 0}, {0, 1}, {4, 5}});
  CHECK(to_tokens(of(4, of_b), b) == std::vector<int>{6, 3, 6, 0, 2});

  const std::vector<int> nine(9, 0);
  const Pairs of_nine = learn_merges({nine}, 1, kAll);
  CHECK(of_nine == Pairs{{0, 0}, {1, 1}});
  CHECK(to_tokens(of(1, of_nine), nine) == std::vector<int>{2, 2, 0});
}

TEST_CASE("tokens say back what was said, keep to their limits and never cross an episode's end", "[agent]") {
  Rng rng(3);
  std::vector<std::vector<int>> episodes(20);
  for (std::vector<int>& episode : episodes) {
    for (int i = 0; i < 200; ++i) {
      episode.push_back(rng.uniform() < 0.7 && !episode.empty() ? episode.back() : static_cast<int>(rng.below(5)));
    }
  }
  const MergeLimits limits{12, 30, 4};
  const ActionTokens tokens = of(5, learn_merges(episodes, 5, limits));
  CHECK(tokens.merges.size() == 12);
  tokens.check("here");
  for (const std::vector<int>& expansion : tokens.expansions()) {
    CHECK(expansion.size() <= 4);
  }
  for (const std::vector<int>& episode : episodes) {
    const std::vector<int> said = to_tokens(tokens, episode);
    CHECK(said.size() < episode.size());
    CHECK(to_codes(tokens, said) == episode);
  }
  CHECK(learn_merges({{0}, {1}, {0}, {1}, {0}, {1}}, 2, kAll).empty());
  CHECK(learn_merges({{0, 1, 0, 1, 0, 1}}, 2, {10, 4, 10}).empty());  // three of them are too few
}

TEST_CASE("entropy of equal and of unequal symbols", "[agent]") {
  const std::vector<int> equal = {0, 1, 2, 3}, unequal = {0, 0, 0, 1};
  CHECK(entropy_bits(equal) == Approx(2.0));
  CHECK(entropy_bits(unequal) == Approx(0.811278).epsilon(1e-5));
}

TEST_CASE("clusters of actions are where the actions are", "[agent]") {
  Rng rng(5);
  std::vector<float> actions;
  for (int i = 0; i < 600; ++i) {
    actions.push_back((i % 3 == 0 ? -1.0f : 1.0f) + 0.02f * rng.normal());
    actions.push_back((i % 3 == 2 ? 0.5f : 0.0f) + 0.02f * rng.normal());
  }
  ActionTokens tokens;
  tokens.action_size = 2;
  tokens.codes = cluster_actions(actions, 2, 6, 1);
  CHECK(tokens.num_codes() == 6);
  const std::vector<int> nearest = nearest_codes(actions, tokens, deviation_of(actions, 2));
  double error = 0.0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    error = std::max(error, std::abs(static_cast<double>(actions[i] - tokens.action(nearest[i / 2])[i % 2])));
  }
  CHECK(error < 0.25);
  CHECK(cluster_actions(std::vector<float>(10, 0.5f), 1, 4, 1) == std::vector<float>{0.5f});
}

TEST_CASE("tokens are said as a driver would, and broken ones are refused", "[agent]") {
  ActionTokens car;
  car.action_size = 3;
  car.codes = {-0.62f, 0.2f, 0.0f, 0.0f, 0.01f, 0.0f};
  const std::vector<std::string> names = {"steering", "gas", "brake"};
  CHECK(in_words(car, {0, 0, 0, 1}, names, false) == "steering -0.62, gas +0.20 for 3 steps; nothing for 1 step");
  ActionTokens player;
  player.action_size = 2;
  player.codes = {1.0f, 0.0f, 0.0f, 1.0f};
  CHECK(in_words(player, {1, 1}, {"left", "right"}, true) == "right for 2 steps");
  player.merges = {{0, 5}};
  CHECK(message_of<Error>([&] { player.check("file"); }) ==
        "file: merge 0: expected two tokens below 2, found 0 and 5");
}
