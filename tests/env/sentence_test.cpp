#include "env/sentence.h"

#include <set>

#include "env/games.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::vector<GameAttribute> two_attributes() {
  return {{"speed",
           {{"slow", "slowly", "at a crawl"}, {"fast", "quickly", "at high speed"}},
           [](std::span<const float> truth) { return truth[0] > 1.0f ? 1 : 0; }},
          {"side", {{"left"}, {"right"}}, [](std::span<const float> truth) { return truth[1] < 0.0f ? 1 : 0; }}};
}

}  // namespace

TEST_CASE("sentences say what holds, and are understood again", "[env]") {
  const std::vector<GameAttribute> attributes = two_attributes();
  const std::vector<float> truth = {3.0f, -1.0f};
  const Saying values = values_of(attributes, truth);
  CHECK(values == Saying{1, 1});
  CHECK(plainly(attributes, values) == "fast, right");
  CHECK(plainly(attributes, {kUnsaid, 0}) == "left");
  CHECK(plain_sentences(attributes) ==
        std::vector<std::string>{"slow, left", "fast, left", "slow, right", "fast, right"});
  CHECK(is_true({kUnsaid, 1}, values));
  CHECK_FALSE(is_true({0, 1}, values));
  Rng rng(1);
  std::set<std::string> said;
  for (int i = 0; i < 200; ++i) {
    const Saying part = part_of(values, rng);
    CHECK(is_true(part, values));
    CHECK(part != Saying{kUnsaid, kUnsaid});
    const std::string sentence = worded(attributes, part, Wordings::usual, rng);
    CHECK_THAT(sentence, !ContainsSubstring("at high speed"));  // kept back
    CHECK(understood(attributes, sentence) == part);
    said.insert(sentence);
  }
  CHECK(said.size() == 7);  // fast or quickly alone, right alone, and both in two orders
  CHECK(worded(attributes, {1, kUnsaid}, Wordings::kept_back, rng) == "at high speed");
  CHECK(understood(attributes, " Fast ,RIGHT") == Saying{1, 1});
  CHECK_FALSE(understood(attributes, "fast, slow").has_value());
  CHECK_FALSE(understood(attributes, "purple").has_value());
  CHECK_FALSE(understood(attributes, "").has_value());
}

TEST_CASE("each game's attributes name a value for every moment, and each value can be said", "[env]") {
  for (const GameEntry& entry : games()) {
    GameConfig config;
    config.name = entry.name;
    const std::unique_ptr<Game> game = make_game_factory(config)();
    std::vector<float> truth(game->truth_names().size());
    std::set<std::string> words;
    std::size_t number = 0;
    for (const GameAttribute& attribute : entry.attributes) {
      for (const std::vector<std::string>& ways : attribute.wordings) {
        CHECK(ways.size() >= 2);
        words.insert(ways.begin(), ways.end());
        number += ways.size();
      }
    }
    CHECK(words.size() == number);  // no wording means two things
    std::set<Saying> met;
    Rng rng(3);
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      game->reset(seed);
      for (int step = 0; step < 150; ++step) {
        game->truth(truth);
        if (!entry.attributes.empty()) {
          met.insert(values_of(entry.attributes, truth));
        }
        std::vector<float> action(game->spec().action_low.size());
        for (std::size_t i = 0; i < action.size(); ++i) {
          action[i] = i == 1 ? 0.6f : i == 2 ? 0.0f : 2.0f * rng.uniform() - 1.0f;
        }
        if (game->step(action).terminated) {
          break;
        }
      }
    }
    CHECK((entry.attributes.empty() || met.size() > 8));
  }
}
