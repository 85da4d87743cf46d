#include "experiments/run/stop_flag.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace reverie {
namespace {

std::atomic<bool> stop_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch it

extern "C" void on_stop_signal(int signal) {
  if (stop_flag.exchange(true)) {
    ::_exit(128 + signal);
  }
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    ::sigaction(signal, &action, nullptr);
  }
}

bool stop_requested() {
  return stop_flag.load();
}
void request_stop() {
  stop_flag.store(true);
}
void clear_stop() {
  stop_flag.store(false);
}

}  // namespace reverie
