// What every world model is held against once it is trained: the game.
#pragma once

#include "experiments/run/experiment.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

// Dreams of held-out moments under the recorded actions: their errors into the metrics (stage "open-loop"), and
// iteration-NN/dream.png, recorded frames above and dreamed ones below, where a held-out episode is long enough.
void look_at_dream(const Experiment& experiment, const WorldModel& model, const EmbeddedEpisodes& source,
                   int iteration);

}  // namespace reverie
