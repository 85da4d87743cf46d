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
};

}  // namespace reverie
