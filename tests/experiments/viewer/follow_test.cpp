// A session beside the command that trains its run.
#include <chrono>
#include <functional>
#include <thread>

#include "env/error.h"
#include "experiments/viewer/session.h"
#include "tests/experiments/viewer/smoke_run.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

namespace fs = std::filesystem;

// A run whose iteration 1 is still to come.
struct UnfinishedRun {
  UnfinishedRun() {
    fs::copy(smoke_run(), run, fs::copy_options::recursive);
    fs::rename(run / "iteration-01", later);
  }

  void finish_iteration() const { fs::copy(later, run / "iteration-01", fs::copy_options::recursive); }

  TemporaryFolder folder;
  fs::path run = folder / "run", later = folder / "later";
};

void replace_file(const fs::path& from, const fs::path& to) {
  fs::remove(to);
  fs::copy(from, to);
}

void make_steps(Session& session, int count) {
  for (int i = 0; i < count; ++i) {
    session.step();
  }
}

// Begins episodes until something is said, for ten seconds.
std::string reset_until_news(Session& session, std::uint64_t seed) {
  std::string news;
  for (int i = 0; i < 1000 && news.empty(); ++i) {
    news = session.reset(seed);
    std::this_thread::sleep_for(std::chrono::milliseconds(news.empty() ? 10 : 0));
  }
  return news;
}

}  // namespace

TEST_CASE("a newer controller drives from the next episode on, and not before", "[viewer]") {
  const UnfinishedRun unfinished;
  const fs::path& run = unfinished.run;
  const bool beside = GENERATE(false, true);
  Session session(run);
  session.follow(beside ? Follow::beside : Follow::at_reset);
  CHECK(session.reset(0).empty());
  const std::string before = session.title();
  CHECK(before.find(", iteration 0, generation ") != std::string::npos);
  const int recordings = session.num_recordings();
  make_steps(session, 5);
  const int moments = session.num_moments();

  unfinished.finish_iteration();
  for (int i = 0; i < 30; ++i) {  // longer than a look takes to come round
    session.step();
    std::this_thread::sleep_for(std::chrono::milliseconds(beside ? 50 : 0));
  }
  CHECK(session.title() == before);
  CHECK(session.num_moments() == moments + 30);

  Session opened(run);  // on the finished run
  const std::string drives = opened.title().substr(run.string().size() + 2);
  CHECK(drives.find("iteration 1, generation ") == 0);
  CHECK((beside ? reset_until_news(session, 4) : session.reset(4)) == "now driving with " + drives);
  CHECK(session.title() == opened.title());
  CHECK(session.num_moments() == 1);  // those before are the other model's
  CHECK(session.num_recordings() != recordings);
  opened.reset(4);
  make_steps(session, 20);
  make_steps(opened, 20);
  CHECK((session.now() == opened.now()));
  CHECK(session.reset(5).empty());

  // Another one of the same model.
  const fs::path controllers = run / "iteration-01" / "controller";
  fs::remove(controllers / "chosen.json");
  fs::copy(controllers / "generation-00002.safetensors", controllers / "generation-00009.safetensors");
  CHECK((beside ? reset_until_news(session, 6) : session.reset(6)) == "now driving with iteration 1, generation 9");
  CHECK(session.num_moments() > 20);
}

TEST_CASE("a model is taken into the mode that is shown", "[viewer]") {
  const UnfinishedRun unfinished;
  const Mode mode = GENERATE(Mode::dream, Mode::locked);
  Session session(unfinished.run);
  session.follow(Follow::at_reset);
  CHECK(session.set_mode(mode).empty());
  make_steps(session, 5);
  unfinished.finish_iteration();
  CHECK_FALSE(session.reset(7).empty());
  make_steps(session, 5);
  Session opened(unfinished.run);
  opened.set_mode(mode);
  opened.reset(7);
  make_steps(opened, 5);
  CHECK((session.now() == opened.now()));
}

TEST_CASE("a set of files that do not belong together is not taken, and is when it is whole", "[viewer]") {
  const UnfinishedRun unfinished;
  const fs::path& run = unfinished.run;
  const fs::path& later = unfinished.later;
  const fs::path newest = run / "iteration-01", before = run / "iteration-00";
  Session session(run);
  session.follow(Follow::at_reset);
  const std::string title = session.title();
  unfinished.finish_iteration();
  fs::remove(later / "controller" / "chosen.json");
  fs::remove(newest / "controller" / "chosen.json");  // so that the last generation is the newest
  const fs::path last = fs::path("controller") / "generation-00003.safetensors";
  REQUIRE(fs::exists(newest / last));

  fs::path torn;
  SECTION("V of another iteration than M's") {
    replace_file(before / "vae.safetensors", newest / (torn = "vae.safetensors"));
  }
  SECTION("M of another V, with its controllers still of the M before") {
    replace_file(before / "mdn_rnn.safetensors", newest / (torn = "mdn_rnn.safetensors"));
  }
  SECTION("no M yet") {
    fs::remove(newest / (torn = "mdn_rnn.safetensors"));
  }
  SECTION("M without its marker") {
    fs::remove(newest / (torn = "train-mdn-rnn.done.json"));
  }
  SECTION("start states of another model") {
    replace_file(before / "start_states.safetensors", newest / (torn = "start_states.safetensors"));
  }
  SECTION("a controller of another model") {
    replace_file(before / last, newest / (torn = last));
  }
  SECTION("half a controller") {
    const std::string whole = read_file(newest / last);
    write_plainly(newest / (torn = last), whole.substr(0, whole.size() / 2));
  }
  CHECK(session.reset(1).empty());
  CHECK(session.title() == title);
  make_steps(session, 3);
  CHECK(session.now().step == 3);
  CHECK_FALSE(session.now().reconstruction.empty());
  replace_file(later / torn, newest / torn);
  CHECK(session.reset(2) == "now driving with iteration 1, generation 3");
}

TEST_CASE("who chose a controller stays with it until the newest is asked for", "[viewer]") {
  const UnfinishedRun unfinished;
  Session fixed(unfinished.run), chosen(unfinished.run);
  chosen.follow(Follow::at_reset);
  CHECK(chosen.choose({0, 2}).empty());
  unfinished.finish_iteration();
  for (Session* session : {&fixed, &chosen}) {
    const std::string title = session->title();
    CHECK(session->reset(1).empty());
    CHECK(session->title() == title);
    session->reload();
    CHECK(session->title().find("iteration 1") != std::string::npos);
  }
  const fs::path controllers = unfinished.run / "iteration-01" / "controller";
  fs::remove(controllers / "chosen.json");
  fs::copy(controllers / "generation-00002.safetensors", controllers / "generation-00009.safetensors");
  CHECK(fixed.reset(2).empty());
  CHECK(chosen.reset(2) == "now driving with iteration 1, generation 9");
}

TEST_CASE("a run is followed from its first minute on, and known to train while a command holds it", "[viewer]") {
  const UnfinishedRun unfinished;
  const fs::path first = unfinished.run / "iteration-00", put_away = unfinished.folder / "first";
  fs::rename(first, put_away);
  Session session(unfinished.run);
  session.follow(Follow::at_reset);
  CHECK_FALSE(session.has_model());
  CHECK_FALSE(session.following());
  make_steps(session, 3);
  fs::rename(put_away, first);
  {
    const Experiment training =
        Experiment::create(load_config(unfinished.run / "config.yaml"), unfinished.run, {"reverie", "train"});
    CHECK(session.reset(1).find("now driving with iteration 0, generation ") == 0);
    CHECK(session.following());
  }
  CHECK(session.has_model());
  CHECK(session.has_controller());
  CHECK(session.set_mode(Mode::locked).empty());
  make_steps(session, 3);
  session.reset(2);
  CHECK_FALSE(session.following());
}

TEST_CASE("a run opens with the newest controller where it is followed", "[viewer]") {
  const UnfinishedRun unfinished;
  unfinished.finish_iteration();
  const fs::path controllers = unfinished.run / "iteration-01" / "controller";
  fs::remove(controllers / "chosen.json");
  fs::remove(controllers / "generation-00003.safetensors");
  Session session(unfinished.run);
  CHECK(session.title().find("iteration 0") != std::string::npos);  // the newest complete one, as for evaluate
  session.follow(Follow::at_reset);
  CHECK(session.reset(0) == "now driving with iteration 1, generation 2");
}
