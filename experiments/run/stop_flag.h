// Stopping early and cleanly: SIGINT, SIGTERM and SIGUSR1 ask for it, and stages look between two steps.
#pragma once

#include "env/stopped.h"  // thrown once everything is saved; main() returns 75

namespace reverie {

// The first signal sets the flag, the second ends the process at once.
void catch_stop_signals();

bool stop_requested();
void request_stop();  // as a signal does
void clear_stop();

}  // namespace reverie
