// The exception for stopping early, for the layers below experiments.
#pragma once

#include <exception>

namespace reverie {

// Thrown where work is given up because a stop was requested (see experiments/run/stop_flag.h). Nothing that was
// finished before is lost: the same command goes on from there.
struct Stopped : std::exception {
  const char* what() const noexcept override { return "stopped early; run the same command again to go on"; }
};

}  // namespace reverie
