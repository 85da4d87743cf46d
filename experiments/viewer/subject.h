// What a session looks at, as it was loaded: a run with its model and controller, or a config alone.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/viewer/follower.h"
#include "experiments/viewer/loaded_agent.h"
#include "experiments/viewer/session.h"

namespace reverie {

class Subject {
 public:
  // Loads what `evaluate` would score: the newest complete iteration's model and newest controller. Where there is no
  // controller, the newest model; where there is none, nothing. Error where files are damaged or do not fit.
  Subject(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides, Driver driver);

  const ExperimentConfig& config() const { return config_; }
  const GameFactory& make_game() const { return make_game_; }
  const GameSpec& game() const { return game_; }
  std::string name() const;  // of the run's folder or the config's file
  std::string title() const;
  std::uint64_t showcase_seed() const;
  const LoadedAgent& agent() const { return agent_; }

  // Null where there is none.
  const WorldModel* model() const { return agent_.model.get(); }
  const SavedPolicy* policy() const { return agent_.policy ? &*agent_.policy : nullptr; }
  const StartStates* starts();  // held-out moments of the loaded model's iteration, read at the first call

  std::string why_no_model() const;

  // What is on disk now, oldest first.
  std::vector<SavedPoint> saved_points() const;
  // All return true where the model is now another one. An Error leaves everything as it was.
  bool load(SavedPoint point);
  bool load_newest();  // the last iteration's chosen controller, else its newest
  bool take(LoadedAgent agent);

  // Of the run, which this object must outlive; null for a config alone. See Follower.
  std::unique_ptr<Follower> follow(bool beside) const;

  // The episodes of the newest iteration that has all of them.
  std::vector<std::filesystem::path> recordings() const;

 private:
  std::filesystem::path path_;
  std::optional<Experiment> run_;
  ExperimentConfig config_;
  GameFactory make_game_;
  GameSpec game_;
  LoadedAgent agent_;
};

}  // namespace reverie
