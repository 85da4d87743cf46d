#include "experiments/viewer/subject.h"

#include <algorithm>
#include <utility>

#include "env/error.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/scoring/showcase.h"

namespace reverie {

Subject::Subject(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides, Driver driver)
    : path_(run_or_config) {
  agent_.driver = driver;
  if (!std::filesystem::is_directory(path_)) {
    config_ = load_config(path_, overrides);
    make_game_ = make_game_factory(config_.game);
    game_ = make_game_()->spec();
    return;
  }
  run_.emplace(Experiment::open(path_, overrides));
  config_ = run_->config;
  make_game_ = run_->make_game;
  game_ = run_->game;
  if (saved_points().empty()) {
    load_newest();
  } else {
    load({newest_complete_iteration(*run_), -1});
  }
}

std::string Subject::name() const {
  return (path_.has_filename() ? path_ : path_.parent_path()).filename().string();  // "runs/quickstart/" too
}

std::uint64_t Subject::showcase_seed() const {
  return run_ ? reverie::showcase_seed(run_->run).value_or(0) : 0;
}

std::string Subject::title() const {
  const std::string agent = agent_.in_words();
  return path_.string() + (agent.empty() ? "" : ", " + agent);
}

const StartStates* Subject::starts() {
  if (run_) {
    read_starts(*run_, agent_);
  }
  return agent_.starts && agent_.starts->size() > 0 ? &*agent_.starts : nullptr;
}

std::string Subject::why_no_model() const {
  return run_ ? str(path_.string(), ": no trained model yet: run `reverie train`")
              : str(path_.string(), " is a config alone and has no model: open a run");
}

std::vector<SavedPoint> Subject::saved_points() const {
  std::vector<SavedPoint> points;
  for (const int iteration : run_ ? run_->run.iterations() : std::vector<int>{}) {
    for (const int generation : has_model(*run_, iteration) ? run_->run.generations(iteration) : std::vector<int>{}) {
      points.push_back({iteration, generation});
    }
  }
  return points;
}

bool Subject::load(SavedPoint point) {
  return take(load_agent(*run_, point, agent_));
}

bool Subject::load_newest() {
  if (!run_) {
    return false;
  }
  if (const std::optional<SavedPoint> point = newest_point(*run_)) {
    return load(*point);
  }
  const std::vector<int> iterations = run_->run.iterations();
  const auto newest =
      std::find_if(iterations.rbegin(), iterations.rend(), [this](int k) { return has_model(*run_, k); });
  return newest != iterations.rend() && load({*newest, -1});
}

bool Subject::take(LoadedAgent agent) {
  const bool changed = agent.model_id != agent_.model_id;
  agent_ = std::move(agent);
  return changed;
}

std::unique_ptr<Follower> Subject::follow(bool beside) const {
  return run_ ? std::make_unique<Follower>(*run_, agent_, beside) : nullptr;
}

std::vector<std::filesystem::path> Subject::recordings() const {
  const std::vector<int> iterations = run_ ? run_->run.iterations() : std::vector<int>{};
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    std::vector<std::filesystem::path> paths;
    const int count = run_->num_episodes(*k);
    for (int index = 0; index < count; ++index) {
      const std::filesystem::path path = episode_path(run_->run.episodes(*k), index);
      if (!std::filesystem::exists(path)) {
        break;
      }
      paths.push_back(path);
    }
    if (static_cast<int>(paths.size()) == count && count > 0) {
      return paths;
    }
  }
  return {};
}

}  // namespace reverie
