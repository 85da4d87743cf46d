#include "env/take_cover/take_cover_entry.h"

#include "env/take_cover/take_cover.h"
#include "env/take_cover/take_cover_attributes.h"
#include "env/take_cover/take_cover_trace.h"

namespace reverie {

GameEntry take_cover_entry() {
  GameEntry entry = game_entry<TakeCover, TakeCoverConfig>("take_cover");
  entry.keys = {{"Left", "steps", 0, -1.0f, "step left", 0, "leftx-"},
                {"Right", "steps", 0, 1.0f, "step right", 0, "leftx+"}};
  entry.attributes = take_cover_attributes();
  for (int action = 0; action < kDiscreteTakeCoverActions; ++action) {
    entry.numbered_actions.push_back({discrete_take_cover_action(action)});
  }
  entry.trace = make_take_cover_tracer;
  return entry;
}

}  // namespace reverie
