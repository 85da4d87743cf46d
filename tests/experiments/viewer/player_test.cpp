#include "experiments/viewer/player.h"

#include <chrono>
#include <numeric>

#include "env/error.h"
#include "tests/experiments/viewer/smoke_run.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

std::unique_ptr<Session> plain_game() {
  return std::make_unique<Session>(smoke_config());
}

// Waits up to ten seconds.
template <typename Condition>
bool comes_true(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace

TEST_CASE("a player that is not threaded makes 50 steps a second", "[viewer]") {
  Player player(plain_game(), false);
  REQUIRE(player.view() != nullptr);
  CHECK(player.view()->num_moments == 1);
  player.advance(0.1);
  CHECK(player.view()->moment.step == 5);
  player.set_speed(0.5);
  for (int i = 0; i < 10; ++i) {
    player.advance(0.02);
  }
  CHECK(player.view()->moment.step == 10);
  player.set_speed(0);
  player.advance(0.001);
  CHECK(player.view()->moment.step == 18);
  CHECK(player.view()->rate == 0);
  CHECK((player.view()->timings == Timings{}));
  CHECK_FALSE(player.view()->paused);

  SECTION("none while it is paused, and none made up for afterwards") {
    player.set_speed(1);
    player.set_paused(true);
    player.advance(1);
    CHECK(player.view()->moment.step == 18);
    CHECK(player.view()->paused);
    CHECK(player.paused());
    player.set_paused(false);
    player.advance(0.02);
    CHECK(player.view()->moment.step == 19);
  }

  SECTION("a person holds on until nullopt") {
    player.set_speed(1);
    player.set_person(std::vector<float>{0.5f, 0.25f, 0.0f});
    player.advance(0.04);
    CHECK(player.view()->moment.by_person);
    CHECK(player.view()->episode.action[1].back() == 0.25f);
    player.set_person({});
    player.advance(0.02);
    CHECK_FALSE(player.view()->moment.by_person);
  }

  SECTION("the plots reach to the moment looked at") {
    player.post([](Session& session) {
      session.look_at(4);
      return std::string();
    });
    player.set_paused(true);
    player.advance(0);
    const View& view = *player.view();
    CHECK(view.looking_back);
    CHECK(view.looking_at == 4);
    CHECK(view.num_moments == 19);
    CHECK(view.moment.step == 4);
    CHECK(view.episode.size() == 4);
    CHECK(view.episode.action.size() == 3);
    CHECK(view.episode.action[2].size() == 4);
    CHECK(view.episode.episode_return.back() == view.moment.episode_return);
  }

  SECTION("the plots hold the whole episode") {
    player.set_speed(100);
    player.advance(0.2);
    const View& view = *player.view();
    CHECK(view.moment.step == 1000);
    CHECK(view.episode.size() == 1000);
    CHECK(std::accumulate(view.episode.reward.begin(), view.episode.reward.end(), 0.0) ==
          Approx(view.moment.episode_return).margin(1e-3));
    CHECK(view.steps_left == 0);
  }

  SECTION("while a hand holds it, it stands and is not paused") {
    player.set_speed(1);
    player.set_held(true);
    player.advance(1);
    CHECK(player.view()->moment.step == 18);
    CHECK_FALSE(player.view()->paused);
    player.set_held(false);
    player.advance(0.04);
    CHECK(player.view()->moment.step == 20);
  }
}

TEST_CASE("commands are done in order, and refusals are shown", "[viewer]") {
  const bool threaded = GENERATE(false, true);
  Player player(plain_game(), threaded);
  player.set_paused(true);
  const auto settle = [&](const auto& condition) {
    if (!threaded) {
      player.advance(0.02);
    }
    return comes_true(condition);
  };
  auto order = std::make_shared<std::string>();
  for (const char letter : {'a', 'b', 'c'}) {
    player.post([order, letter](Session&) {
      *order += letter;
      return *order;
    });
  }
  CHECK(settle([&] { return player.view()->message == "abc"; }));
  const int messages = player.view()->num_messages;
  player.post([](Session& session) { return session.set_mode(Mode::locked); });
  CHECK(settle([&] { return player.view()->num_messages > messages; }));
  CHECK(player.view()->message.find("has no model") != std::string::npos);

  player.set_paused(false);
  player.post([](Session&) -> std::string { throw Error(ErrorKind::data, "a file is damaged"); });
  CHECK(settle([&] { return player.view()->message == "a file is damaged"; }));
  CHECK(player.view()->paused);
  CHECK(player.paused());

  // A step that fails.
  player.set_person(std::vector<float>{1.0f});
  player.set_paused(false);
  CHECK(settle([&] { return player.view()->message.find("expected 3 values") != std::string::npos; }));
  CHECK(player.paused());
  const int step = player.view()->moment.step;
  player.set_person({});
  player.set_paused(false);
  CHECK(settle([&] { return player.view()->moment.step > step; }));
}

TEST_CASE("a threaded player steps by itself and stops at once", "[viewer]") {
  const auto begin = std::chrono::steady_clock::now();
  {
    Player player(plain_game(), true);
    CHECK(comes_true([&] { return player.view()->moment.step >= 3; }));
    CHECK(comes_true([&] { return player.view()->rate > 0; }));
    player.set_sharp_size(30, 40);
    CHECK(comes_true([&] { return player.view()->sharp.width == 40; }));
    player.set_paused(true);
    CHECK(comes_true([&] { return player.view()->paused; }));
    const int step = player.view()->moment.step;
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    CHECK(player.view()->moment.step == step);
    player.set_speed(0);
    player.set_paused(false);
    CHECK(comes_true([&] { return player.view()->moment.truncated; }));  // 1,000 steps as fast as they go
    CHECK(player.view()->moment.step == 1000);
    player.post([](Session& session) {
      session.reset(4);
      return std::string();
    });
    CHECK(comes_true([&] { return player.view()->moment.seed == 4; }));
    player.set_speed(0.1);
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  const auto before_stop = std::chrono::steady_clock::now();
  {
    Player slow(plain_game(), true);
    slow.set_speed(0.001);  // 20 s a step
    CHECK(comes_true([&] { return slow.view()->moment.step == 1; }));
  }
  CHECK(std::chrono::steady_clock::now() - before_stop < std::chrono::seconds(8));
}

TEST_CASE("the same script gives the same views", "[viewer]") {
  const auto play = [] {
    std::vector<View> views;
    Player player(std::make_unique<Session>(smoke_run()), false);
    player.set_sharp_size(48, 48);
    const auto look = [&](double seconds) {
      player.advance(seconds);
      views.push_back(*player.view());
    };
    look(0.2);
    player.post([](Session& session) { return session.start_dream_here(Mode::locked); });
    look(0.3);
    player.set_person(std::vector<float>{-1.0f, 1.0f, 0.0f});
    look(0.1);
    player.post([](Session& session) {
      session.look_at(session.looking_at() - 8);
      return std::string("back");
    });
    player.set_person({});
    player.set_paused(true);
    look(0.1);
    player.set_paused(false);
    look(0.2);
    player.post([](Session& session) { return session.start_dream_anew(); });
    player.set_speed(0);
    look(0.1);
    player.post([](Session& session) { return session.set_mode(Mode::browse); });
    look(0.1);
    return views;
  };
  const std::vector<View> first = play(), second = play();
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    INFO("view " << i);
    CHECK((first[i] == second[i]));
  }
  CHECK(first[0].mode == Mode::game);
  CHECK(first[1].mode == Mode::locked);
  CHECK(first[1].locked_dream.latent_error.back() > 0);
  CHECK(first[3].looking_back);
  CHECK(first[3].message == "back");
  CHECK(first[4].num_moments < first[2].num_moments + 5);
  CHECK_FALSE(first[4].looking_back);
  CHECK(first[5].mode == Mode::dream);
  CHECK(first[6].mode == Mode::browse);
  CHECK(first[0].sharp.height == 48);
  CHECK(first[6].sharp.empty());
}

TEST_CASE("the game's own steps between are shown one after the other", "[viewer]") {
  // 10 tics of 35 a second: 3.5 steps a second.
  const std::vector<std::string> repeated = {"game.action_repeat=10"};
  const std::filesystem::path config = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs" / "take_cover.yaml";
  SECTION("in their time") {
    Player player(std::make_unique<Session>(config, repeated), false);
    player.set_sharp_size(40, 40);
    player.advance(1.8);  // until a ball flies
    const int before = player.view()->moment.step;
    std::vector<Picture> shown;
    for (int frame = 0; frame < 40; ++frame) {
      player.advance(1.0 / 50);
      if (shown.empty() || shown.back() != player.view()->sharp) {
        shown.push_back(player.view()->sharp);
      }
    }
    CHECK(player.view()->moment.step - before <= 3);
    CHECK(shown.size() > 15);  // a picture every 1/35 s
    player.set_paused(true);
    player.advance(0);
    CHECK(player.view()->sharp != shown.front());  // what is paused is the present
  }
  SECTION("none where the steps go by too fast to be seen, or where nothing is repeated") {
    Session session(config, repeated);
    session.step();
    CHECK(session.between().empty());
    session.draw_between(40, 40, false);
    session.step();
    REQUIRE(session.between().size() == 10);
    CHECK(session.between().back() == session.draw_sharp(40, 40));
    session.look_at(1);
    CHECK(session.between().empty());
    Session plain(smoke_config());
    plain.draw_between(40, 40, false);
    plain.step();
    CHECK(plain.between().empty());
  }
}
