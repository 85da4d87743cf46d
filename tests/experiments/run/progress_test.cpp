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
    Progress progress("a", "x", 100, 0, out, false, [&now] { return now; });
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
    Progress progress("a", "x", 2, 0, out, true, [&now] { return now; });
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

TEST_CASE("SIGINT, SIGTERM and SIGUSR1 ask to stop", "[experiments]") {
  catch_stop_signals();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    clear_stop();
    CHECK(!stop_requested());
    std::raise(signal);
    CHECK(stop_requested());
  }
  clear_stop();
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    std::signal(signal, SIG_DFL);
  }
}
