#include "experiments/viewer/session.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/viewer/latent_workbench.h"
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

void play_to_the_end(Session& session) {
  while (!session.now().terminated && !session.now().truncated) {
    session.step();
  }
}

// Everything but what a session's other history may change.
Moment without_noise(Moment moment) {
  moment.dream = {};
  moment.latent.clear();
  moment.latent_error = moment.pixel_error = moment.dream_reward = moment.dream_return = 0;
  return moment;
}

// Of the dreamed z from the encoded mean, over the dimensions that are not dead, or all.
double living_error(const Moment& moment, const std::vector<Session::Dimension>& dimensions) {
  const bool all_dead = std::all_of(dimensions.begin(), dimensions.end(), [](const auto& one) { return one.dead; });
  double sum = 0;
  int count = 0;
  for (const Session::Dimension& dimension : dimensions) {
    if (all_dead || !dimension.dead) {
      const auto i = static_cast<std::size_t>(dimension.index);
      const double difference = static_cast<double>(moment.latent[i]) - static_cast<double>(moment.latent_mean[i]);
      sum += difference * difference;
      ++count;
    }
  }
  return std::sqrt(sum / count);
}

double mean_squared(const Picture& left, const Picture& right) {
  double sum = 0;
  for (std::size_t i = 0; i < left.pixels.size(); ++i) {
    const double difference = (left.pixels[i] - right.pixels[i]) / 255.0;
    sum += difference * difference;
  }
  return sum / static_cast<double>(left.pixels.size());
}

}  // namespace

TEST_CASE("dead dimensions do not count in the distance of latents", "[viewer]") {
  const torch::Tensor left = torch::tensor({{1.0f, 5.0f, 3.0f, -2.0f}}),
                      right = torch::tensor({{1.0f, 1.0f, 0.0f, 2.0f}});
  std::vector<Session::Dimension> dimensions;  // most important first
  for (const int index : {2, 3, 0, 1}) {
    dimensions.push_back({index, 1, 0, 1, index < 2});
  }
  CHECK(living_distance(left, right, dimensions) == Approx(std::sqrt((9 + 16) / 2.0)));
  CHECK(living_distance(left, left, dimensions) == 0);
  for (Session::Dimension& dimension : dimensions) {
    dimension.dead = true;
  }
  CHECK(living_distance(left, right, dimensions) == Approx(std::sqrt((16 + 9 + 16) / 4.0)));
}

TEST_CASE("a config alone plays the plain game", "[viewer]") {
  Session session(smoke_config());
  CHECK_FALSE(session.has_model());
  CHECK_FALSE(session.has_controller());
  CHECK(session.num_recordings() == 0);
  CHECK(session.action_names().size() == 3);
  REQUIRE(session.num_moments() == 1);
  CHECK(session.now().step == 0);
  CHECK(session.now().frame.height == 64);
  CHECK(session.now().reconstruction.empty());

  SECTION("what needs a model is refused in words") {
    CHECK(session.set_mode(Mode::dream).find("a config alone") != std::string::npos);
    CHECK_FALSE(session.set_mode(Mode::locked).empty());
    CHECK_FALSE(session.set_mode(Mode::browse).empty());
    CHECK_FALSE(session.start_dream_here(Mode::dream).empty());
    CHECK_FALSE(session.start_dream_anew().empty());
    CHECK_FALSE(session.choose({0, 1}).empty());
    session.reload();
    CHECK(session.set_mode(Mode::game).empty());
    CHECK(session.mode() == Mode::game);
    CHECK(session.latent_size() == 0);
    CHECK(session.dimensions().empty());
    CHECK(session.random_latent().empty());
    CHECK(session.num_moments() == 1);
  }

  SECTION("a person's action is kept within the bounds; nobody's is zero") {
    session.step(std::vector<float>{2.0f, -1.0f, 0.25f});
    CHECK(session.now().action == std::vector<float>{1.0f, 0.0f, 0.25f});
    CHECK(session.now().by_person);
    session.step();
    CHECK(session.now().action == std::vector<float>{0.0f, 0.0f, 0.0f});
    CHECK_FALSE(session.now().by_person);
    CHECK_THROWS_AS(session.step(std::vector<float>{1.0f}), Error);
    CHECK_THROWS_AS(session.step(std::vector<float>{0.0f, std::nanf(""), 0.0f}), Error);
    CHECK(session.num_moments() == 3);
    PersonAction part(std::vector<float>{0.5f, 0.5f, 0.5f});
    part.mine = {false, true, false};
    session.step(part);  // and nobody gives the rest
    CHECK(session.now().action == std::vector<float>{0.0f, 0.5f, 0.0f});
    CHECK(session.now().by_person);
  }

  SECTION("it is the game, frame by frame and reward by reward") {
    const ExperimentConfig config = load_config(smoke_config());
    BatchEnvironment game(make_game_factory(config.game), 1, 64, 64);
    const int row[] = {0};
    const std::uint64_t seed[] = {5};
    game.reset(row, seed);
    session.reset(5);
    const std::vector<float> action = {0.1f, 0.5f, 0.0f};
    for (int step = 0; step < 50; ++step) {
      game.step(action);
      session.step(action);
    }
    CHECK(session.now().step == 50);
    CHECK(session.now().reward == game.reward()[0]);
    CHECK(std::equal(session.now().frame.pixels.begin(), session.now().frame.pixels.end(), game.observation().begin()));
  }

  SECTION("the sharp picture is of the present only") {
    session.step();
    const Picture sharp = session.draw_sharp(120, 90);
    CHECK(sharp.height == 120);
    CHECK(sharp.pixels.size() == 120u * 90u * 3u);
    CHECK(session.draw_sharp(64, 64) == session.now().frame);
    session.look_at(0);
    CHECK(session.draw_sharp(120, 90).empty());
  }

  SECTION("acting from an older moment, of this episode or the last, gives what was seen before") {
    const auto action = [](int step) {
      return std::vector<float>{std::sin(0.1f * static_cast<float>(step)), 0.6f, 0.0f};
    };
    for (int step = 0; step < 60; ++step) {
      session.step(action(step));
    }
    const Moment before = session.moment(31);
    session.look_at(30);
    CHECK(session.num_moments() == 61);
    CHECK(session.now().step == 30);
    session.step(action(30));
    CHECK(session.num_moments() == 32);
    CHECK((session.now() == before));
    session.reset(9);
    session.step(action(0));
    REQUIRE(session.num_moments() == 34);
    session.look_at(29);
    session.step(action(29));
    CHECK(session.seed() == 0);
    CHECK(session.num_moments() == 31);
    session.step(action(30));
    CHECK((session.now() == before));
  }

  SECTION("at the end of an episode nothing moves until a reset, and no more than 2,000 moments are kept") {
    play_to_the_end(session);
    CHECK(session.now().step == 1000);
    CHECK(session.now().truncated);
    make_steps(session, 3);
    CHECK(session.num_moments() == 1001);
    session.reset(1);
    make_steps(session, 998);
    CHECK(session.num_moments() == Session::kHistory);
    CHECK(session.moment(0).step == 0);
    make_steps(session, 100);
    session.reset(2);
    make_steps(session, 100);
    CHECK(session.num_moments() == Session::kHistory);
    CHECK(session.moment(0).seed == 0);
    CHECK(session.moment(0).step == 103);
    CHECK(session.now().step == 100);
    CHECK(session.now().seed == 2);
    session.look_at(-5);
    CHECK(session.looking_at() == 0);
    session.look_at(5000);
    CHECK(session.looking_at() == Session::kHistory - 1);
  }
}

TEST_CASE("a run's agent, dream and recordings", "[viewer]") {
  const std::filesystem::path& run = smoke_run();
  Session session(run);
  REQUIRE(session.has_model());
  REQUIRE(session.has_controller());
  CHECK(session.title() == str(run.string(), ", iteration 1, generation 3"));

  SECTION("the game is what evaluate plays") {
    const Experiment experiment = Experiment::open(run);
    const std::unique_ptr<WorldModel> loaded_model = load_world_model(experiment, 1);
    const WorldModel& model = *loaded_model;
    const SavedPolicy policy = load_controller(experiment, 1, -1).policy;
    for (const std::uint64_t seed : {3u, 4u}) {
      const EpisodeResult result = Arena::game(experiment, model, 1).play(policy, {seed}).front();
      session.reset(seed);
      play_to_the_end(session);
      CHECK(session.now().seed == seed);
      CHECK(session.now().step == result.episode_length);
      CHECK(session.now().episode_return == static_cast<float>(result.episode_return));
      CHECK(session.now().terminated == result.terminated);
    }
    const Moment& now = session.now();
    CHECK(now.latent_mean.size() == 8);
    CHECK(now.reconstruction.pixels.size() == now.frame.pixels.size());
    CHECK(now.entropy > 0);
    CHECK(now.entropy < std::log(5.0f));
    CHECK(now.end_probability > 0);
    CHECK(now.end_probability < 1);
    CHECK(session.timings().game > 0);
    CHECK(session.timings().frames > 0);
    CHECK(session.timings().model > 0);
    CHECK(session.timings().controller > 0);
  }

  SECTION("the dream is what evaluate plays") {
    const Experiment experiment = Experiment::open(run, {"train_controller.batch_size=1"});
    const std::unique_ptr<WorldModel> loaded_model = load_world_model(experiment, 1);
    const WorldModel& model = *loaded_model;
    const SavedPolicy policy = load_controller(experiment, 1, -1).policy;
    CHECK(session.set_mode(Mode::dream).empty());
    for (const std::uint64_t seed : {3u, 4u}) {
      const EpisodeResult result =
          play_in_dream(experiment, model, 1, policy, false, experiment.game.max_episode_steps, {seed}).front();
      session.reset(seed);
      CHECK(session.now().dream_step == 0);
      play_to_the_end(session);
      CHECK(session.now().dream_step == result.episode_length);
      CHECK(session.now().episode_return == static_cast<float>(result.episode_return));
      CHECK(session.now().terminated == result.terminated);
    }
    CHECK(session.now().frame.empty());
    CHECK(session.now().dream.height == 64);
    CHECK(session.draw_sharp(64, 64).empty());
  }

  SECTION("what a person leaves to the agent is the agent's") {
    make_steps(session, 3);
    session.step();
    const std::vector<float> agents = session.now().action;
    session.look_at(session.num_moments() - 2);
    PersonAction part(std::vector<float>{0.75f, 0.0f, 0.0f});
    part.mine = {true, false, false};
    session.step(part);
    CHECK(session.now().action == std::vector<float>{0.75f, agents[1], agents[2]});
    CHECK(session.now().by_person);
  }

  SECTION("locked: both from the same state under the same actions") {
    Session game(run);
    make_steps(session, 5);
    make_steps(game, 5);
    CHECK(session.start_dream_here(Mode::locked).empty());
    CHECK(session.mode() == Mode::locked);
    CHECK(session.now().step == 5);
    CHECK(session.now().dream_step == 0);
    CHECK(session.now().latent_error == 0);
    CHECK(session.now().dream == session.now().reconstruction);
    CHECK(session.now().pixel_error > 0);
    float largest = 0;
    for (int step = 1; step <= 30; ++step) {
      session.step();
      game.step();
      const Moment& now = session.now();
      REQUIRE(now.dream_step == step);
      CHECK(now.frame == game.now().frame);
      CHECK(now.action == game.now().action);
      CHECK(now.episode_return == game.now().episode_return);
      CHECK(now.latent != game.now().latent);
      CHECK(now.latent_error == Approx(living_error(now, session.dimensions())));
      CHECK(now.pixel_error ==
            Approx(mean_squared(now.dream, now.frame)).epsilon(0.05));  // the dream's picture is rounded
      largest = std::max(largest, now.latent_error);
    }
    CHECK(largest > 0);

    SECTION("and again, the same") {
      Session other(run);
      make_steps(other, 5);
      other.set_mode(Mode::locked);
      make_steps(other, 30);
      CHECK((other.now() == session.now()));
    }
    SECTION("the dream may go on alone, and the game from where it is") {
      CHECK(session.set_mode(Mode::dream).empty());
      session.step();
      CHECK(session.now().dream_step == 31);
      CHECK(session.now().frame.empty());
      CHECK(session.set_mode(Mode::game).empty());
      CHECK(session.now().dream_step == -1);
      session.step();
      game.step();
      CHECK((session.now() == game.now()));
    }
    SECTION("acting from an older moment") {
      const Moment before = session.moment(session.num_moments() - 15);
      session.look_at(session.num_moments() - 16);
      session.step();
      CHECK(session.now().dream_step == 16);
      CHECK((without_noise(session.now()) == without_noise(before)));  // end and entropy come from the dream's state
    }
    SECTION("the last step of a dream is drawn again, and the game's part of it stays") {
      const Moment drawn = session.now();
      const int moments = session.num_moments();
      CHECK(session.redraw().empty());
      CHECK(session.num_moments() == moments);
      CHECK(session.now().dream_step == drawn.dream_step);
      CHECK(session.now().action == drawn.action);
      CHECK(session.now().frame == drawn.frame);
      CHECK(session.now().latent != drawn.latent);
      CHECK(session.set_mode(Mode::dream).empty());  // a moment without a step
      CHECK(session.redraw() == "no step of a dream to draw again: d starts a dream");
      CHECK(session.mode() == Mode::dream);
      session.step();
      CHECK(session.redraw().empty());
      CHECK(session.set_mode(Mode::game).empty());
      CHECK(session.redraw() == "no step of a dream to draw again: d starts a dream");
    }
    SECTION("a latent replaces the dream's") {
      const std::vector<float> latent = session.random_latent();
      const int moments = session.num_moments();
      session.set_latent(latent);
      CHECK(session.num_moments() == moments);
      CHECK(session.now().latent == latent);
      CHECK(session.now().dream == session.decode(latent));
      CHECK(session.now().dream_step == 30);
      session.step();
      CHECK(session.now().dream_step == 31);
      CHECK(session.now().latent != latent);
      CHECK_THROWS_AS(session.set_latent({1.0f}), Error);
    }
  }

  SECTION("acting from an older moment of the game gives the very same one") {
    make_steps(session, 45);
    const Moment before = session.now();
    session.look_at(15);
    make_steps(session, 30);
    CHECK(session.num_moments() == 46);
    CHECK((session.now() == before));
  }

  SECTION("a dream begins at the moment looked at") {
    make_steps(session, 20);
    const std::vector<float> mean = session.moment(10).latent_mean;
    session.look_at(10);
    CHECK(session.start_dream_here(Mode::dream).empty());
    CHECK(session.num_moments() == 12);
    CHECK(session.now().latent == mean);
    CHECK(session.now().step == 10);
    session.step(std::vector<float>{0.0f, 9.0f, 0.0f});
    CHECK(session.now().action[1] == 1.0f);
    CHECK(session.now().by_person);
    CHECK(session.now().step == 10);
    CHECK(session.now().episode_return == session.now().dream_return);
    const std::vector<float> here = session.now().latent;
    CHECK(session.start_dream_anew().empty());
    CHECK(session.now().latent != here);
    const std::vector<float> first = session.now().latent;
    CHECK(session.start_dream_anew().empty());
    CHECK(session.now().dream_step == 0);
    make_steps(session, 3);
    CHECK(session.mode() == Mode::dream);
  }

  SECTION("a dream ends with the game's clock, however often it was gone back to") {
    Session endless(run, {"dream.end=never"});
    CHECK(endless.start_dream_anew().empty());
    play_to_the_end(endless);
    CHECK(endless.now().dream_step == 1000);
    CHECK(endless.now().truncated);
    endless.step();
    CHECK(endless.now().dream_step == 1000);
    endless.look_at(endless.num_moments() - 400);
    play_to_the_end(endless);
    CHECK(endless.now().dream_step == 1000);
    CHECK(endless.set_mode(Mode::game).empty());
    endless.step();
    CHECK(endless.now().step == 1);
  }

  SECTION("no dream starts where the episode is over") {
    play_to_the_end(session);
    CHECK(session.start_dream_here(Mode::locked).find("is over") != std::string::npos);
    CHECK(session.mode() == Mode::game);
    CHECK(session.set_mode(Mode::dream).empty());  // from a recorded moment
    CHECK(session.now().dream_step == 0);
  }

  SECTION("temperature") {
    CHECK(session.temperature() == 1.1);
    session.set_temperature(0.5);
    CHECK(session.temperature() == 0.5);
    CHECK_THROWS_AS(session.set_temperature(0.0), Error);
    CHECK_THROWS_AS(session.set_temperature(std::nan("")), Error);
  }

  SECTION("recordings as they were recorded, and a dream from the middle of one") {
    const EpisodeStore store({RunDirectory::open(run).episodes(1)}, 1);
    REQUIRE(session.num_recordings() == store.size());
    CHECK(session.recording() == -1);
    CHECK(session.set_mode(Mode::browse).empty());
    CHECK(session.recording() == 0);
    session.open_recording(2);
    const RecordedEpisode episode = store.read(2);
    CHECK(session.now().seed == episode.seed);
    double sum = 0;
    for (int t = 0; t <= 20; ++t) {
      const auto at = static_cast<std::size_t>(t);
      REQUIRE(session.now().step == t);
      CHECK(std::equal(session.now().frame.pixels.begin(), session.now().frame.pixels.end(),
                       episode.frames.begin() + static_cast<std::ptrdiff_t>(at * episode.frame_size())));
      if (t > 0) {
        sum += episode.rewards[at - 1];
        CHECK(session.now().reward == episode.rewards[at - 1]);
        CHECK(session.now().action[1] == episode.actions[(at - 1) * 3 + 1]);
      }
      CHECK(session.now().episode_return == Approx(sum));
      CHECK_FALSE(session.now().reconstruction.empty());
      session.step();
    }
    session.look_at(session.looking_at() - 1);
    REQUIRE(session.now().step == 20);
    const Picture frame = session.now().frame;

    SECTION("to its end") {
      play_to_the_end(session);
      CHECK(session.now().step == episode.num_steps());
      session.step();
      CHECK(session.now().step == episode.num_steps());
      session.reset(77);
      CHECK(session.now().step == 0);
      CHECK(session.now().seed == episode.seed);
    }
    SECTION("the game plays it again") {
      CHECK(session.start_dream_here(Mode::locked).empty());
      CHECK(session.now().seed == episode.seed);
      CHECK(session.now().step == 20);
      CHECK(session.now().frame == frame);
      session.step(std::vector<float>(episode.actions.begin() + 60, episode.actions.begin() + 63));
      CHECK(std::equal(session.now().frame.pixels.begin(), session.now().frame.pixels.end(),
                       episode.frames.begin() + static_cast<std::ptrdiff_t>(21 * episode.frame_size())));
    }
    SECTION("the game goes on where it was") {
      CHECK(session.set_mode(Mode::game).empty());
      CHECK(session.now().seed == 0);
      CHECK(session.now().step == 0);
    }
    CHECK_THROWS_AS(session.open_recording(99), Error);
    CHECK_THROWS_AS(session.open_recording(-1), Error);
  }

  SECTION("the latent workbench") {
    make_steps(session, 10);
    const auto& dimensions = session.dimensions();
    REQUIRE(dimensions.size() == 8);
    std::vector<int> indices;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      indices.push_back(dimensions[i].index);
      CHECK(dimensions[i].kl >= 0);
      CHECK(dimensions[i].dead == (dimensions[i].kl < 0.01f));
      CHECK((i == 0 || dimensions[i].kl <= dimensions[i - 1].kl));
    }
    std::sort(indices.begin(), indices.end());
    CHECK(indices == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
    const Moment& now = session.now();
    CHECK(session.decode(now.latent_mean) == now.reconstruction);
    const Session::Narrowed all = session.keep_first(8);
    CHECK(all.picture == now.reconstruction);
    CHECK(all.error == Approx(mean_squared(now.reconstruction, now.frame)).epsilon(0.05));
    const Session::Narrowed none = session.keep_first(0);
    std::vector<float> means(8);
    for (const auto& dimension : dimensions) {
      means[static_cast<std::size_t>(dimension.index)] = dimension.mean;
    }
    CHECK(none.picture == session.decode(means));
    CHECK(none.picture != all.picture);
    CHECK(session.keep_first(99).picture == all.picture);

    Session other(run);
    const std::vector<float> first = session.random_latent();
    CHECK(first == other.random_latent());
    CHECK(first != session.random_latent());
    session.set_latent(first);  // no dream: nothing moves
    CHECK(session.now().latent != first);
    CHECK_THROWS_AS(session.decode({1.0f}), Error);
  }
}

TEST_CASE("controllers and models are chosen and reloaded", "[viewer]") {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "run";
  std::filesystem::copy(smoke_run(), run, std::filesystem::copy_options::recursive);

  SECTION("another generation keeps the moments, another model the place in the game") {
    Session session(run);
    const std::vector<SavedPoint> saved = session.saved_points();
    REQUIRE(saved.size() == 5);  // with what iteration 1 began with
    CHECK(saved[0].iteration == 0);
    CHECK(saved[0].generation == 2);
    CHECK(saved[2].iteration == 1);
    CHECK(saved[2].generation == 0);
    CHECK(saved[4].iteration == 1);
    CHECK(saved[4].generation == 3);
    make_steps(session, 12);
    CHECK(session.choose({1, 2}).empty());
    CHECK(session.title() == str(run.string(), ", iteration 1, generation 2"));
    CHECK(session.num_moments() == 13);
    const Moment before = session.now();
    CHECK(session.choose({0, 3}).empty());
    CHECK(session.num_moments() == 1);
    CHECK(session.now().step == 12);
    CHECK(session.now().frame == before.frame);
    CHECK(session.now().episode_return == before.episode_return);
    CHECK(session.now().reconstruction != before.reconstruction);
    CHECK_FALSE(session.choose({0, 77}).empty());
    CHECK_FALSE(session.choose({5, 0}).empty());
    session.set_mode(Mode::locked);
    make_steps(session, 4);
    session.reload();  // the newest, which is another model
    CHECK(session.title() == str(run.string(), ", iteration 1, generation 3"));
    CHECK(session.mode() == Mode::locked);
    CHECK(session.now().step == 16);
    CHECK(session.now().dream_step == 0);
    session.step();
    CHECK(session.now().dream_step == 1);
  }

  SECTION("a file that is being written changes nothing") {
    Session session(run);
    make_steps(session, 3);
    std::filesystem::remove(run / "iteration-01" / "controller" / "chosen.json");
    const std::filesystem::path half = run / "iteration-01" / "controller" / "generation-00004.safetensors";
    write_plainly(half, "half a file");
    CHECK_THROWS_AS(session.reload(), Error);
    CHECK_THROWS_AS(session.choose({1, 4}), Error);
    CHECK(session.title() == str(run.string(), ", iteration 1, generation 3"));
    CHECK(session.num_moments() == 4);
    session.step();
    CHECK(session.now().step == 4);
  }

  SECTION("what is missing closes only what needs it") {
    for (const char* iteration : {"iteration-00", "iteration-01"}) {
      std::filesystem::remove_all(run / iteration / "controller");
      std::filesystem::remove_all(run / iteration / "episodes");
      std::filesystem::remove(run / iteration / "start_states.safetensors");
    }
    Session session(run);
    CHECK(session.has_model());
    CHECK_FALSE(session.has_controller());
    CHECK_FALSE(session.set_mode(Mode::browse).empty());
    CHECK(session.start_dream_anew().empty());  // from the game
    session.step();
    CHECK(session.now().action == std::vector<float>{0.0f, 0.0f, 0.0f});
    session.reset(3);
    CHECK(session.now().dream_step == 0);
    CHECK(session.dimensions().size() == 8);
    std::filesystem::remove(run / "iteration-01" / "vae.safetensors");
    std::filesystem::remove(run / "iteration-00" / "vae.safetensors");
    Session plain(run);
    CHECK_FALSE(plain.has_model());
    CHECK(plain.set_mode(Mode::locked).find("reverie train") != std::string::npos);
    plain.step();
    CHECK(plain.now().step == 1);
  }
}

TEST_CASE("whatever is done in whatever order, a moment and its curves are whole", "[viewer]") {
  Session session(smoke_run());
  const std::vector<SavedPoint> saved = session.saved_points();
  Rng rng(1);
  const auto below = [&rng](int bound) { return static_cast<int>(rng.below(static_cast<std::uint64_t>(bound))); };
  const char* const wanted = std::getenv("REVERIE_RANDOM_EVENTS");
  const int count = wanted != nullptr ? std::atoi(wanted) : 3000;
  for (int i = 0; i < count; ++i) {
    const int what = below(60);
    INFO("command " << i << " is of kind " << what << ", mode " << to_string(session.mode()) << ", step "
                    << session.now().step << ", dream step " << session.now().dream_step);
    switch (what) {
      case 0:
        session.reset(static_cast<std::uint64_t>(below(3)));
        break;
      case 1:
        session.choose(saved[static_cast<std::size_t>(below(4))]);
        break;
      case 2:
        session.reload();
        break;
      case 3:
        session.open_recording(below(session.num_recordings()));
        break;
      case 4:
      case 5:
        session.set_mode(static_cast<Mode>(below(4)));
        break;
      case 6:
        session.start_dream_here(below(2) == 0 ? Mode::dream : Mode::locked);
        break;
      case 7:
        session.start_dream_anew();
        break;
      case 8:
        session.set_latent(session.random_latent());
        break;
      case 9:
        session.set_temperature(0.1 + rng.uniform());
        break;
      case 10:
        session.keep_first(below(9));
        break;
      case 11:
      case 12:
        session.look_at(session.looking_at() - below(40));
        break;
      case 13:
        session.look_at(below(session.num_moments()));
        break;
      case 14:
        session.draw_sharp(1 + below(70), 1 + below(70));
        break;
      case 15:
        session.set_redream({static_cast<Redream::When>(below(3)), 1 + below(20)});
        break;
      case 16:
        session.look_at_paid();
        session.redraw();
        break;
      case 17:
      case 18: {  // back and forward again: the same pictures
        const int at = session.looking_at();
        const Moment here = session.now();
        session.look_at(at - below(40));
        session.look_at(at);
        REQUIRE((session.now() == here));
        break;
      }
      default: {
        const Moment before = session.now();
        below(2) == 0 ? session.step() : session.step(std::vector<float>{rng.normal(), rng.normal(), rng.normal()});
        // The step shown is the step played.
        const bool over = before.terminated || before.truncated;
        const bool begins_again = session.now().mode == Mode::locked && session.now().dream_step == 1;
        if (session.now().mode == Mode::dream) {
          REQUIRE((over || session.now().dream_step == before.dream_step + 1));
        } else {
          REQUIRE((over || session.now().step == before.step + 1));
          REQUIRE((over || before.dream_step < 0 || begins_again || session.now().dream_step == before.dream_step + 1));
        }
      }
    }
    check_courses(session);
    REQUIRE(session.num_moments() >= 1);
    REQUIRE(session.num_moments() <= Session::kHistory);
    const Moment& now = session.now();
    const bool dreams = now.mode == Mode::dream || now.mode == Mode::locked;
    REQUIRE(now.mode == session.mode());
    REQUIRE(now.frame.empty() == (now.mode == Mode::dream));
    REQUIRE(now.reconstruction.empty() == now.frame.empty());
    REQUIRE(now.dream.empty() != dreams);
    REQUIRE((now.dream_step >= 0) == dreams);
    REQUIRE(now.action.size() == 3);
    REQUIRE(now.latent.size() == 8);
    REQUIRE(now.latent_mean.empty() == now.frame.empty());
    for (const float value : {now.reward, now.episode_return, now.dream_return, now.end_probability, now.entropy,
                              now.latent_error, now.pixel_error, now.latent[0]}) {
      REQUIRE(std::isfinite(value));
    }
    REQUIRE_FALSE((now.terminated && now.truncated));
  }
}

TEST_CASE("a planner drives in the controller's place and shows where its best plans end", "[viewer]") {
  const std::vector<std::string> small = {"planner.candidates=8", "planner.elites=2", "planner.iterations=1"};
  Session planned(smoke_run(), small, true), again(smoke_run(), small, true), usual(smoke_run());
  CHECK_THAT(planned.driving(), ContainsSubstring("planner"));
  for (Session* session : {&planned, &again, &usual}) {
    session->reset(3);
    for (int step = 0; step < 6; ++step) {
      session->step();
    }
  }
  CHECK(planned.now().plan.height == planned.now().frame.height);
  CHECK(planned.now() == again.now());
  CHECK(usual.now().plan.empty());
  CHECK(usual.now().action != planned.now().action);
  REQUIRE(planned.set_mode(Mode::dream).empty());
  planned.step();
  CHECK_FALSE(planned.now().plan.empty());
}
