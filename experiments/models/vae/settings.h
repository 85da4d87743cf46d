// The section `vae` of a config, for the world models that see through V.
#pragma once

#include "experiments/config/config.h"
#include "worldmodel/vae/vae.h"

namespace reverie {

struct VaeStageConfig {
  VaeConfig vae;
  TrainingConfig training;
};

inline std::vector<Field> fields(VaeStageConfig& c) {
  return {fields_of(c.vae), fields_of(c.training)};
}

class VaeSettings {
 public:
  virtual ~VaeSettings() = default;
  VaeStageConfig vae;

  // Of a config whose model sees through V.
  static const VaeStageConfig& of(const ExperimentConfig& config) {
    return dynamic_cast<const VaeSettings&>(*config.model.config).vae;
  }

 protected:
  // ModelConfig::adapting() of a model that sees through V. section: of the part that knows the game's dynamics.
  static std::vector<std::string> adapting_with(const std::string& section, int rank, bool frames) {
    std::vector<std::string> changes = {
        str(section, ".epochs=[60]"), str(section, ".updates_per_epoch=40"), str(section, ".batch_size=32"),
        str(section, ".patience=5"), str(section, ".rank=[", rank, "]"),
        // Updates of low rank want about ten times the rate of whole weights (experiments/results/adapt.md).
        str(section, rank > 0 ? ".learning_rate=2.0e-3" : ".learning_rate=2.0e-4"),
        str(section, rank > 0 ? ".learning_rate_end=2.0e-4" : ".learning_rate_end=2.0e-5")};
    if (frames) {  // colours are what V's first and last layers know; between them z keeps its meaning
      changes.insert(changes.end(), {"vae.epochs=[20]", "vae.updates_per_epoch=40", "vae.parts=[conv1, deconv4]",
                                     "vae.learning_rate=1.0e-3", "vae.learning_rate_end=1.0e-4"});
    } else {
      changes.emplace_back("vae.epochs=[0]");
    }
    return changes;
  }
};

}  // namespace reverie
