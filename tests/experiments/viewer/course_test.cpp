#include "experiments/viewer/course.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "experiments/viewer/latent_workbench.h"
#include "experiments/viewer/session.h"
#include "tests/experiments/viewer/course_checks.h"
#include "tests/experiments/viewer/smoke_run.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

void make_steps(Session& session, int count) {
  for (int i = 0; i < count; ++i) {
    session.step();
  }
}

}  // namespace

TEST_CASE("steps that paid nothing are counted from the end", "[viewer]") {
  Course course;
  CHECK(unpaid_steps(course) == 0);
  course.reward = {-0.1f, -0.1f};
  CHECK(unpaid_steps(course) == 2);
  course.reward = {-0.1f, 3.0f, 0.0f, -0.1f};
  CHECK(unpaid_steps(course) == 2);
  course.reward.push_back(0.5f);
  CHECK(unpaid_steps(course) == 0);
}

TEST_CASE("a dream is worth no more than a frozen picture where ten steps of it are not closer", "[viewer]") {
  Course dream;
  for (int i = 1; i <= 100; ++i) {
    dream.pixel_error.push_back(0.01f + (i > 40 ? 0.11f : 0.0f));
    dream.frozen_error.push_back(0.05f);
  }
  // Of ten steps k are 0.07 behind and the others 0.04 ahead: the sum is behind from k = 4 on.
  CHECK(divergence_step(dream) == 44);
  CHECK(divergence_step(dream.first(43)) == 0);
  CHECK(divergence_step(dream.first(5)) == 0);
  // The first steps, where the picture has not moved yet, do not count alone.
  for (int i = 0; i < 4; ++i) {
    dream.frozen_error[static_cast<std::size_t>(i)] = 0.0f;
  }
  CHECK(divergence_step(dream) == 44);
}

TEST_CASE("how far a latent is from all frames is counted in their deviations", "[viewer]") {
  const std::vector<Session::Dimension> dimensions = {
      {1, 2.0f, 1.0f, 0.5f, false}, {0, 1.0f, 0.0f, 2.0f, false}, {2, 0.0f, 0.0f, 1.0f, true}};
  CHECK(surprise_of({0.0f, 1.0f, 50.0f}, dimensions) == 0.0f);
  CHECK(surprise_of({2.0f, 2.5f, 0.0f}, dimensions) == Approx(std::sqrt((9.0 + 1.0) / 2.0)));
}

TEST_CASE("curves hold what the episode paid, whatever was done before", "[viewer]") {
  Session session(smoke_run());
  make_steps(session, 40);
  check_courses(session);
  const Course whole = session.episode();

  SECTION("looking back shortens them, and acting from there forgets the rest") {
    session.look_at(25);
    check_courses(session);
    CHECK(session.episode().size() == 25);
    session.step();
    CHECK(session.episode().size() == 26);
    check_courses(session);
    make_steps(session, 14);
    CHECK((session.episode() == whole));
  }
  SECTION("changes of mode add nothing, and the game's go on after a dream") {
    CHECK(session.set_mode(Mode::locked).empty());
    check_courses(session);
    CHECK((session.episode() == whole));
    make_steps(session, 12);
    check_courses(session);
    CHECK(session.locked_dream().size() == 12);
    CHECK(session.set_mode(Mode::dream).empty());
    make_steps(session, 5);
    check_courses(session);
    CHECK(session.episode().size() == 17);
    CHECK(std::isnan(session.episode().pixel_error.back()));
    CHECK(session.set_mode(Mode::game).empty());
    check_courses(session);
    CHECK(session.episode().size() == 52);
    session.step();
    check_courses(session);
  }
  SECTION("a recording has its own") {
    session.open_recording(1);
    make_steps(session, 30);
    check_courses(session);
    CHECK(session.start_dream_here(Mode::locked).empty());
    check_courses(session);
    make_steps(session, 3);
    check_courses(session);
    CHECK(session.episode().size() == 33);
  }
}

TEST_CASE("a locked dream begins again as it was told", "[viewer]") {
  Session session(smoke_run());
  make_steps(session, 5);
  session.set_redream({Redream::When::every, 7});
  CHECK(session.set_mode(Mode::locked).empty());
  for (int step = 1; step <= 30; ++step) {
    session.step();
    CHECK(session.now().dream_step == (step - 1) % 7 + 1);
    CHECK(session.now().step == 5 + step);
  }
  CHECK_THROWS_AS(session.set_redream({Redream::When::every, 0}), Error);

  // An untrained dream is soon worth no more than a frozen picture.
  session.set_redream({Redream::When::worthless, 0});
  int longest = 0;
  for (int step = 0; step < 200; ++step) {
    session.step();
    longest = std::max(longest, session.now().dream_step);
    if (divergence_step(session.locked_dream()) > 0) {
      session.step();
      REQUIRE(session.now().dream_step == 1);
    }
  }
  CHECK(longest >= 10);
  CHECK(session.now().frozen_error > 0);
}

TEST_CASE("how an episode ended is said in the game's own words", "[viewer]") {
  const std::filesystem::path configs = std::filesystem::path(REVERIE_SOURCE_DIR) / "configs";
  SECTION("hit, in the game's own steps") {
    Session session(configs / "take_cover.yaml", {"game.action_repeat=4"});
    while (!session.now().terminated && !session.now().truncated) {
      CHECK(session.now().ending.empty());
      session.step();
    }
    const int tics = static_cast<int>(session.now().episode_return);  // a tic lived pays 1
    CHECK(session.now().end_reason == "hit");
    CHECK(session.now().ending == str("hit after ", tics, " tics"));
  }
  SECTION("time is up, with what was paid") {
    Session session(configs / "car_racing.yaml", {"game.action_repeat=1"});
    while (!session.now().terminated && !session.now().truncated) {
      session.step();
    }
    CHECK(session.now().ending == str("time is up after 1000 steps: ", std::lround(session.now().episode_return)));
    CHECK(session.steps_left() == 0);
    session.reset(1);
    CHECK(session.steps_left() == 1000);
  }
  SECTION("a dream's end is the model's") {
    Session session(smoke_run(), {"dream.end=never"});
    CHECK(session.set_mode(Mode::dream).empty());
    while (!session.now().truncated) {
      session.step();
    }
    CHECK_THAT(session.now().ending, ContainsSubstring("the dream's time is up after 1000 steps"));
  }
}

TEST_CASE("who is paid nothing for long is told so, and can go back", "[viewer]") {
  Session session(smoke_config());
  session.reset(3);
  // On the road by itself for a while, and then straight into the grass.
  int paid_last = 0;
  for (int step = 0; step < 400 && session.lost().empty(); ++step) {
    session.step(std::vector<float>{0.0f, 0.6f, 0.0f});
    paid_last = session.now().reward > 0 ? session.now().step : paid_last;
  }
  REQUIRE(paid_last > 0);
  CHECK(session.lost() == "left the road");
  CHECK(session.now().step == paid_last + 60);
  CHECK_THAT(session.look_at_paid(), ContainsSubstring("steps back"));
  CHECK(session.now().step == std::max(0, paid_last - 50));
  CHECK(session.lost().empty());
  const int from = session.now().step;
  session.step(std::vector<float>{0.0f, 0.0f, 0.5f});
  CHECK(session.now().step == from + 1);
  session.reset(4);
  CHECK_THAT(session.look_at_paid(), ContainsSubstring("r plays the episode again"));
}
