#include "experiments/viewer/hints.h"

namespace reverie {

std::vector<std::string> hints_of(const View& view) {
  const bool dreams = view.has_mode[static_cast<std::size_t>(Mode::dream)];
  if (waits_for_reset(view)) {
    return {"F1 all keys", "r the same again", "n the next one"};
  }
  if (view.paused) {
    return {"F1 all keys", "Space go on from here", ", . step by step", "End the present"};
  }
  switch (view.mode) {
    case Mode::game:
      return dreams
                 ? std::vector<std::string>{"F1 all keys", "d dream from here", "arrows play yourself", "Space pause"}
                 : std::vector<std::string>{"F1 all keys", "arrows play yourself", "n the next seed", "Space pause"};
    case Mode::dream:
      return {"F1 all keys", "Shift+d a new dream", "[ ] temperature", "z another z"};
    case Mode::locked:
      return {"F1 all keys", "d dream again from here", "[ ] temperature", "1 the game alone"};
    case Mode::browse:
      return {"F1 all keys", "n the next recording", ", . step by step", "d dream from here"};
  }
  return {};
}

std::string temperature_in_words(double temperature) {
  return temperature <= 0.5    ? "calm: only the likeliest happens"
         : temperature < 0.95  ? "calmer than M believes"
         : temperature <= 1.05 ? "as M believes"
         : temperature <= 1.5  ? "wilder than M believes"
                               : "wild: the dream may fall apart";
}

}  // namespace reverie
