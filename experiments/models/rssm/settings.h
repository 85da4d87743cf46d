// The keys of a run with an RSSM: sections `vae`, where it works on V's latents, and `rssm`.
#pragma once

#include "experiments/config/config.h"
#include "experiments/models/vae/settings.h"
#include "worldmodel/rssm/rssm_config.h"

namespace reverie {

struct RssmStageConfig {
  RssmConfig rssm;
  int window = 32;
  TrainingConfig training;
};

inline std::vector<Field> fields(RssmStageConfig& c) {
  return {fields_of(c.rssm),
          number_field("window", c.window, 1, 100000,
                       "steps of back-propagation through time; the state is carried on to the next window"),
          fields_of(c.training)};
}

class RssmSettings : public ModelConfig, public VaeSettings {
 public:
  RssmStageConfig rssm;

  RssmSettings();

  // Of a config whose model is this one.
  static const RssmSettings& of(const ExperimentConfig& config);

  bool sees_pixels() const { return rssm.rssm.input == RssmInput::pixels; }

  std::unique_ptr<ModelConfig> clone() const override { return std::make_unique<RssmSettings>(*this); }
  std::vector<Field> model_fields() override { return {}; }
  std::vector<Field> sections() override;
  void check(const ExperimentConfig& config) const override;
  std::vector<std::string> growing_keys() const override { return {"vae.epochs", "rssm.epochs"}; }
  std::vector<std::string> weight_keys() const override;
  std::vector<std::string> adapting(int rank, bool frames) const override;
  int frame_height() const override { return kFrameSize; }
  int frame_width() const override { return kFrameSize; }
  int feature_size() const override;
  bool learns() const override;
};

}  // namespace reverie
