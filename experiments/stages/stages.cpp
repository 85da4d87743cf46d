#include "experiments/stages/stages.h"

#include "experiments/models/model_family.h"

namespace reverie {

std::vector<Stage> stages_of(const ExperimentConfig& config) {
  std::vector<Stage> stages = {collect_stage()};
  for (const Stage& stage : family_of(config).stages()) {
    stages.push_back(stage);
  }
  stages.push_back(train_controller_stage());
  return stages;
}

}  // namespace reverie
