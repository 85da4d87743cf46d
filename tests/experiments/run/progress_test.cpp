#include "experiments/run/progress.h"

#include <csignal>
#include <sstream>

#include "experiments/run/stop_flag.h"
#include "tests/test.hpp"

using namespace reverie;

TEST_CASE("progress shows share, rate and the time left", "[experiments]") {
  CHECK(progress_line("train-vae", "batches", 0, 0, 100, 0, "") ==
        "train-vae   0% [                    ] 0/100 batches");
  CHECK(progress_line("train-vae", "batches", 0, 50, 100, 10, "loss 3") ==
        "train-vae  50% [##########          ] 50/100 batches, 5.00 batches/s, 10s left, loss 3");
  CHECK(progress_line("a", "x", 0, 1, 1000, 4, "") == "a   0% [                    ] 1/1000 x, 0.25 x/s, 1h 06m left");
  CHECK(progress_line("a", "x", 0, 100, 100, 150, "") == "a 100% [####################] 100/100 x, 0.67 x/s, 2m 30s");
}

TEST_CASE("the rate counts only what this session did", "[experiments]") {
  CHECK(progress_line("a", "x", 80, 90, 100, 10, "") == "a  90% [##################  ] 90/100 x, 1.00 x/s, 10s left");
  CHECK(progress_line("a", "x", 80, 80, 100, 10, "") == "a  80% [################    ] 80/100 x");
}

TEST_CASE("an empty stage and one past its end do no harm", "[experiments]") {
  CHECK(progress_line("a", "x", 0, 0, 0, 1, "") == "a   0% [                    ] 0/0 x");
  CHECK(progress_line("a", "x", 0, 12, 10, 12, "") == "a 120% [####################] 12/10 x, 1.00 x/s, 12s");
}

TEST_CASE("without a terminal there is a whole line every ten seconds, and one at the end", "[experiments]") {
  double now = 0;
  std::ostringstream out;
  {
    Progress progress("a", "x", 100, 0, out, {}, [&now] { return now; });
    for (int done = 1; done <= 100; ++done) {
      now = done * 0.25;
      progress.update(done);
    }
  }
  CHECK(out.str() ==
        "a  40% [########            ] 40/100 x, 4.00 x/s, 15s left\n"
        "a  80% [################    ] 80/100 x, 4.00 x/s, 5s left\n"
        "a 100% [####################] 100/100 x, 4.00 x/s, 25s\n");
}

TEST_CASE("on a terminal one line is drawn over, and left with a line end", "[experiments]") {
  double now = 0;
  std::ostringstream out;
  {
    Progress progress(
        "a", "x", 2, 0, out, [] { return 80; }, [&now] { return now; });
    now = 0.05;
    progress.update(1);  // too early
    now = 1;
    progress.update(1, "note");
    now = 2;
    progress.update(2);
  }
  CHECK(out.str() ==
        "\ra  50% [##########          ] 1/2 x, 1.00 x/s, 1s left, note"
        "\ra 100% [####################] 2/2 x, 1.00 x/s, 2s           \n");
}

TEST_CASE("a line is cut to the terminal's width at that moment", "[experiments]") {
  double now = 0;
  int columns = 30;
  std::ostringstream out;
  const auto drawn = [&] {
    const std::string text = out.str();
    out.str("");
    return text;
  };
  {
    Progress progress(
        "a", "x", 9, 0, out, [&columns] { return columns; }, [&now] { return now; });
    const auto update = [&](int done, const std::string& note = "") {
      now += 1;
      progress.update(done, note);
    };
    update(1, "note");
    CHECK(drawn() == "\ra  11% [##                  ]");  // 29: the last column would begin a new row
    columns = 20;                                         // narrower: the spaces end there too
    update(2);
    CHECK(drawn() == "\ra  22% [####       ");
    columns = 50;
    update(3,
           "no\xc2\xb1"
           "e");
    CHECK(drawn() == "\ra  33% [######              ] 3/9 x, 1.00 x/s, 6s");
    columns = 0;  // unknown
    update(4, "note");
    CHECK(drawn() == "\ra  44% [########            ] 4/9 x, 1.00 x/s, 5s left, note");
    columns = 60;
    update(5, "no\xc2\xb1");
    CHECK(drawn() == "\ra  55% [###########         ] 5/9 x, 1.00 x/s, 4s left, no ");  // no half a letter
    columns = 1;
    update(6);
    CHECK(drawn() == "\r");
  }
}

TEST_CASE("SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask to stop", "[experiments]") {
  catch_stop_signals();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
    clear_stop();
    CHECK(!stop_requested());
    std::raise(signal);
    CHECK(stop_requested());
  }
  clear_stop();
  release_stop_signals();
}

TEST_CASE("the signals of a session's end do not cut short the stop that they ask for", "[experiments]") {
  catch_stop_signals();
  for (const int signal : {SIGHUP, SIGTERM, SIGHUP, SIGHUP}) {
    std::raise(signal);
    CHECK(stop_requested());
  }
  clear_stop();
  release_stop_signals();
}

TEST_CASE("under nohup the session's end is no reason to stop", "[experiments]") {
  std::signal(SIGHUP, SIG_IGN);
  catch_stop_signals();
  std::raise(SIGHUP);
  CHECK_FALSE(stop_requested());
  release_stop_signals();
  CHECK(std::signal(SIGHUP, SIG_DFL) == SIG_IGN);  // a child is left alone too
}
