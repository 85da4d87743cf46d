// Stopping early and cleanly: SIGINT, SIGTERM, SIGUSR1 and SIGHUP ask for it, and stages look between two steps.
#pragma once

#include "env/stopped.h"  // thrown once everything is saved; main() returns 75

namespace reverie {

// The first signal sets the flag, the second ends the process at once. SIGHUP, which a session's end sends more than
// once and beside SIGTERM, only sets the flag, and is left alone where it is ignored (nohup).
void catch_stop_signals();

// For a child between fork and exec: the system's handlers again. Calls only what a signal handler may.
void release_stop_signals();

bool stop_requested();
void request_stop();  // as a signal does
void clear_stop();

}  // namespace reverie
