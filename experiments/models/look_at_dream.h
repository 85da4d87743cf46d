// Compares a trained world model with held-out recordings of the game.
#pragma once

#include "experiments/run/experiment.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

// Dreams from held-out moments under the recorded actions. Writes their errors into the metrics (stage "open-loop"),
// and iteration-NN/dream.png with recorded frames above and dreamed ones below, if a held-out episode is long enough.
void look_at_dream(const Experiment& experiment, const WorldModel& model, const EmbeddedEpisodes& source,
                   int iteration);

}  // namespace reverie
