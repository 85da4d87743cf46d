// The family of the toy world model: a stage that measures the rewards of the recorded steps, and a file with the
// result. It shows that a new model is one folder and one line.
#pragma once

#include "experiments/models/model_family.h"

namespace reverie {

class ToyFamily : public ModelFamily {
 public:
  std::string kind() const override { return "toy"; }
  std::unique_ptr<ModelConfig> make_config() const override;
  std::vector<Stage> stages() const override;  // train-toy
  std::vector<WeightFile> weights(const ExperimentConfig& config, const RunDirectory& run,
                                  int iteration) const override;
  std::unique_ptr<WorldModel> load(const Experiment& experiment, int iteration) const override;
  std::unique_ptr<WorldModel> untrained(const Experiment& experiment, std::optional<int> sees_as) const override;
  std::vector<std::pair<std::string, std::string>> highlights(const ExperimentConfig& config) const override;
};

}  // namespace reverie
