#include "experiments/viewer/subject.h"

#include "env/error.h"
#include "experiments/scoring/evaluation.h"

namespace reverie {

Subject::Subject(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides)
    : path_(run_or_config) {
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
    load(newest_complete_iteration(*run_), -1);
  }
}

std::string Subject::title() const {
  std::string title = path_.string();
  if (model_) {
    title += str(", iteration ", iteration_);
  }
  if (policy_) {
    title += str(", generation ", generation_);
  }
  return title;
}

const StartStates* Subject::starts() {
  if (model_ && !starts_) {
    starts_ = std::filesystem::exists(run_->run.start_states(iteration_))
                  ? load_start_states(*run_, *model_, iteration_, StartSet::held_out)
                  : StartStates{};
  }
  return starts_ && starts_->size() > 0 ? &*starts_ : nullptr;
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

bool Subject::load(const SavedPoint& point) {
  return load(point.iteration, point.generation);
}

bool Subject::load_newest() {
  const std::vector<SavedPoint> points = saved_points();
  if (!points.empty()) {
    return load(points.back());
  }
  const std::vector<int> iterations = run_ ? run_->run.iterations() : std::vector<int>{};
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    if (has_model(*run_, *k)) {
      return load(*k, -1);
    }
  }
  return false;
}

bool Subject::load(int iteration, int generation) {
  const std::string id = model_identity(*run_, iteration);
  std::unique_ptr<WorldModel> model;
  if (id != model_id_) {
    model = load_world_model(*run_, iteration);
  }
  std::optional<SavedPolicy> policy;
  if (generation >= 0 || !run_->run.generations(iteration).empty()) {
    SavedController saved = load_controller(*run_, iteration, generation);
    policy = std::move(saved.policy);
    generation = saved.generation;
  }
  // Nothing throws from here on.
  const bool changed = model != nullptr;
  if (changed) {
    model_ = std::move(model);
    model_id_ = id;
  }
  starts_.reset();
  policy_ = std::move(policy);
  iteration_ = iteration;
  generation_ = generation;
  return changed;
}

std::vector<std::filesystem::path> Subject::recordings() const {
  const std::vector<int> iterations = run_ ? run_->run.iterations() : std::vector<int>{};
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    std::vector<std::filesystem::path> paths;
    const int count = config_.collect.episodes.at(*k);
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
