// One kind of world model as the program knows it: its config, the stages that make it, its files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/models/shown.h"
#include "experiments/run/experiment.h"
#include "experiments/run/stage.h"
#include "worldmodel/embedded_episodes.h"

namespace reverie {

class Bench;
struct PageNetwork;

struct WeightFile {
  std::filesystem::path path;
  const char* kind = "";  // of tensor file
  std::string command;    // of the stage that makes it
};

class ModelFamily {
 public:
  virtual ~ModelFamily() = default;
  virtual std::string kind() const = 0;  // the value of model.kind in a config
  virtual std::unique_ptr<ModelConfig> make_config() const = 0;
  // Between collect and train-controller.
  virtual std::vector<Stage> stages() const = 0;

  // An iteration's weights in the order in which they are made. The last one's identity is the model's: its metadata
  // names those it was made with.
  virtual std::vector<WeightFile> weights(const ExperimentConfig& config, const RunDirectory& run,
                                          int iteration) const = 0;
  // The metadata key under which other files name the model that they were made with.
  virtual std::string identity_key() const { return "model"; }

  // Error (kind data) where the weights are missing, damaged or of another config.
  virtual std::unique_ptr<WorldModel> load(const Experiment& experiment, int iteration) const = 0;
  // With untrained weights; equal configs, equal weights. sees_as: the model encodes frames and scales rewards as that
  // iteration's model does, so that its dream differs only in what that model has learnt about the game's dynamics.
  virtual std::unique_ptr<WorldModel> untrained(const Experiment& experiment,
                                                std::optional<int> sees_as = {}) const = 0;

  // The recorded episodes as that iteration's model sees them. Both arguments must outlive the result.
  virtual std::unique_ptr<EmbeddedEpisodes> embedded(const Experiment& experiment, const WorldModel& model,
                                                     const EpisodeStore& episodes, int iteration) const;

  // The iteration's network as a page runs it (experiments/page), in single precision; none where the family has no
  // such network yet.
  virtual std::optional<PageNetwork> page_network(const Experiment& experiment, int iteration) const;

  // What a report says of a config, in words: {"V", "32 latents"}.
  virtual std::vector<std::pair<std::string, std::string>> highlights(const ExperimentConfig& config) const = 0;

  // What reports show of its stages' measurements.
  virtual std::vector<ShownSection> shown_sections() const { return {}; }
  virtual std::vector<LearningPanel> learning_panels() const { return {}; }

  // Adds the model's rows to `reverie bench`. side_by_side(job): the rate of two processes side by side that each call
  // serve_bench_job(job), job 0 to 99.
  virtual void bench(Bench&, const std::function<double(int job)>& /*side_by_side*/) const {}
  virtual double serve_bench_job(int /*job*/, double /*seconds*/) const { return 0.0; }
};

// The table. models/model_families.cpp fills it; a program may add a family before it reads a config.
std::vector<std::unique_ptr<ModelFamily>>& model_families();

const ModelFamily& family_of(const ExperimentConfig& config);

// What helpers (env/team.h) can be asked for by the families' stages.
EquipmentKinds model_equipment();

}  // namespace reverie
