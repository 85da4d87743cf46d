#include "experiments/viewer/loaded_agent.h"

#include <algorithm>
#include <vector>

#include "env/error.h"
#include "experiments/models/tokens.h"

namespace reverie {
namespace {

std::filesystem::file_time_type time_of(const Experiment& run, SavedPoint point) {
  std::error_code error;  // a missing file has a time too: loading it says what is wrong
  return std::filesystem::last_write_time(run.run.generation(point.iteration, point.generation), error);
}

std::vector<std::string> weight_identities(const Experiment& run, int iteration) {
  std::vector<std::string> identities;
  for (const WeightFile& file : family_of(run.config).weights(run.config, run.run, iteration)) {
    identities.push_back(file_identity(file.path, file.kind, file.command));
  }
  return identities;
}

// Whether each part of the iteration's model was made from the others that lie there.
bool is_whole(const Experiment& run, int iteration) {
  const std::vector<Stage> stages = family_of(run.config).stages();
  return std::all_of(stages.begin(), stages.end(),
                     [&](const Stage& stage) { return fits_inputs(stage, run, iteration); });
}

}  // namespace

std::string LoadedAgent::in_words() const {
  if (model && driver == Driver::planner) {
    return str("iteration ", point.iteration, ", planner");
  }
  return str(model ? str("iteration ", point.iteration) : "", policy ? str(", generation ", point.generation) : "");
}

std::optional<SavedPoint> newest_point(const Experiment& run) {
  const std::vector<int> iterations = run.run.iterations();
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    const int generation = has_model(run, *k) ? best_generation(run, *k) : -1;
    if (generation >= 0) {
      return SavedPoint{*k, generation};
    }
  }
  return std::nullopt;
}

LoadedAgent load_agent(const Experiment& run, SavedPoint point, const LoadedAgent& before) {
  LoadedAgent agent;
  agent.point = point;
  agent.model_id = model_identity(run, point.iteration);
  agent.model = agent.model_id == before.model_id ? before.model : load_world_model(run, point.iteration);
  if (has_words(run, point.iteration)) {
    agent.speaker = std::make_shared<NearestSentence>(
        load_words(run, point.iteration, agent.model->spec().feature_size), find_game(run.config.game.name).attributes);
  }
  agent.driver = before.driver;
  if (agent.driver == Driver::planner) {
    const ExperimentConfig then = run.config.at(point.iteration);
    agent.point.generation = -1;
    agent.policy = planner_of(run, then.planner, then.dream, point.iteration, agent.model_id);
    return agent;
  }
  if (point.generation < 0) {
    agent.point.generation = best_generation(run, point.iteration);
  }
  if (agent.point.generation >= 0) {
    agent.written = time_of(run, agent.point);
    agent.policy = load_controller(run, point.iteration, agent.point.generation).policy;
  }
  return agent;
}

void read_starts(const Experiment& run, LoadedAgent& agent) {
  if (agent.model && !agent.starts) {
    agent.starts = std::filesystem::exists(run.run.start_states(agent.point.iteration))
                       ? load_start_states(run, *agent.model, agent.point.iteration, StartSet::held_out)
                       : StartStates{};
  }
}

std::optional<LoadedAgent> load_newer(const Experiment& run, const LoadedAgent& than) {
  try {
    const std::optional<SavedPoint> point = newest_point(run);
    if (!point || (*point == than.point && time_of(run, *point) == than.written)) {
      return std::nullopt;
    }
    const std::vector<std::string> before = weight_identities(run, point->iteration);
    if (!is_whole(run, point->iteration)) {
      return std::nullopt;
    }
    LoadedAgent newer = load_agent(run, *point, than);
    read_starts(run, newer);
    if (weight_identities(run, point->iteration) != before) {  // replaced while we read
      return std::nullopt;
    }
    return newer;
  } catch (const std::exception&) {
    return std::nullopt;  // a file went away or is of another model: the next look may find what fits
  }
}

}  // namespace reverie
