// What a session looks at, as it was loaded: a run with its model and controller, or a config alone.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/saved_policy.h"
#include "experiments/models/saved.h"
#include "experiments/viewer/session.h"

namespace reverie {

class Subject {
 public:
  // Loads what `evaluate` would score: the newest complete iteration's model and newest controller. Where there is no
  // controller, the newest model; where there is none, nothing. Error where files are damaged or do not fit.
  Subject(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides);

  const ExperimentConfig& config() const { return config_; }
  const GameFactory& make_game() const { return make_game_; }
  const GameSpec& game() const { return game_; }
  std::string title() const;

  // Null where there is none.
  const WorldModel* model() const { return model_.get(); }
  const SavedPolicy* policy() const { return policy_ ? &*policy_ : nullptr; }
  const StartStates* starts();  // held-out moments of the loaded model's iteration, read at the first call

  std::string why_no_model() const;

  // What is on disk now, oldest first.
  std::vector<SavedPoint> saved_points() const;
  // Both return true where the model is now another one. An Error leaves everything as it was.
  bool load(const SavedPoint& point);
  bool load_newest();

  // The episodes of the newest iteration that has all of them.
  std::vector<std::filesystem::path> recordings() const;

 private:
  bool load(int iteration, int generation);  // generation -1: the newest, or none

  std::filesystem::path path_;
  std::optional<Experiment> run_;
  ExperimentConfig config_;
  GameFactory make_game_;
  GameSpec game_;

  // Loaded.
  std::string model_id_;
  int iteration_ = -1, generation_ = -1;
  std::unique_ptr<WorldModel> model_;
  std::optional<SavedPolicy> policy_;
  std::optional<StartStates> starts_;
};

}  // namespace reverie
