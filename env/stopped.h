// Stopping early and cleanly, as the layers below experiments know it.
#pragma once

#include <exception>

namespace reverie {

// Thrown where work was given up because somebody asked for a stop (experiments/run/stop_flag.h: who). Nothing that was
// finished before is lost: the same command goes on from there.
struct Stopped : std::exception {
  const char* what() const noexcept override { return "stopped early; run the same command again to go on"; }
};

}  // namespace reverie
