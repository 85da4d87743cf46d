#include "experiments/run/stop_flag.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace reverie {
namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};

std::atomic<bool> stop_flag{false}, told_to_stop{false};  // a stop was asked for; a signal other than SIGHUP asked
static_assert(std::atomic<bool>::is_always_lock_free);    // a signal handler may touch it

extern "C" void on_stop_signal(int signal) {
  stop_flag.store(true);
  if (signal != SIGHUP && told_to_stop.exchange(true)) {
    ::_exit(128 + signal);
  }
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kStopSignals) {
    if (signal != SIGHUP || !is_ignored(signal)) {
      ::sigaction(signal, &action, nullptr);
    }
  }
}

void release_stop_signals() {
  for (const int signal : kStopSignals) {
    if (signal != SIGHUP || !is_ignored(signal)) {
      ::signal(signal, SIG_DFL);
    }
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
  told_to_stop.store(false);
}

}  // namespace reverie
