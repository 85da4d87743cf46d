// A program that was started as several processes: rank 0 runs the command, the others help it (env/team.h).
#pragma once

#include <functional>

namespace reverie {

// work() on rank 0 or where there is one process, with its exit code on all of them. run_guarded prints what it
// catches and gives the exit code for it.
int run_on_ranks(const std::function<int()>& work,
                 const std::function<int(const std::function<int()>& act)>& run_guarded);

}  // namespace reverie
