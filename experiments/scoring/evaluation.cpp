#include "experiments/scoring/evaluation.h"

#include <algorithm>

#include "env/error.h"
#include "experiments/models/saved.h"
#include "experiments/scoring/arena.h"

namespace reverie {

int newest_complete_iteration(const Experiment& experiment) {
  int newest_begun = -1;
  const std::vector<int> iterations = experiment.run.iterations();
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    const std::vector<int> saved = experiment.run.generations(*k);
    if (!saved.empty() && saved.back() >= experiment.config.train_controller.generations.at(*k)) {
      return *k;
    }
    newest_begun = saved.empty() ? newest_begun : std::max(newest_begun, *k);
  }
  if (newest_begun >= 0) {
    return newest_begun;
  }
  throw Error(ErrorKind::data, str(experiment.run.folder().string(),
                                   ": expected a trained controller, found none: run `reverie train` first"));
}

int newest_iteration_with_model(const Experiment& experiment) {
  const std::vector<int> iterations = experiment.run.iterations();
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    if (has_model(experiment, *k)) {
      return *k;
    }
  }
  throw Error(ErrorKind::data, str(experiment.run.folder().string(),
                                   ": expected a trained world model, found none: run `reverie train` first"));
}

std::vector<EpisodeResult> play_in_dream(const Experiment& experiment, const WorldModel& model, int iteration,
                                         const SavedPolicy& policy, bool starts_any, int horizon,
                                         const std::vector<std::uint64_t>& seeds, std::optional<double> temperature) {
  const StartStates starts = load_start_states(experiment, model, iteration, StartSet::held_out);
  DreamConfig dream = experiment.config.dream;
  dream.temperature = temperature.value_or(dream.temperature);
  dream.horizon = horizon;
  dream.starts.first_share = starts_any ? 0.0 : 1.0;
  dream.starts.any_share = starts_any ? 1.0 : 0.0;
  dream.pay_cap.window = 0;  // the pay cap is for training only; a score counts all rewards of the dream
  return Arena::dream(experiment, {model, {iteration}}, starts, dream, experiment.config.train_controller.batch_size)
      .play(policy, seeds);
}

}  // namespace reverie
