// The keys of a run with V and M: sections `vae` and `mdn_rnn`, and what `model` says of them.
#pragma once

#include "experiments/config/config.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

struct VaeStageConfig {
  VaeConfig vae;
  TrainingConfig training;

  void validate() const;
};

struct MdnRnnStageConfig {
  MdnRnnConfig mdn_rnn;
  TrainingConfig training;
  int window = 32;  // steps of back-propagation through time

  void validate() const;
};

class VaeMdnRnnSettings : public ModelConfig {
 public:
  VaeStageConfig vae;
  MdnRnnStageConfig mdn_rnn;
  VaeMdnRnnConfig model;

  // Of a config whose model is this one.
  static const VaeMdnRnnSettings& of(const ExperimentConfig& config);

  std::unique_ptr<ModelConfig> clone() const override { return std::make_unique<VaeMdnRnnSettings>(*this); }
  void visit_model(ConfigVisitor& v) override;
  void validate_model() const override { model.validate(); }
  void visit_sections(ConfigVisitor& v) override;
  void check(const ExperimentConfig& config) const override;
  std::vector<std::string> growing_keys() const override { return {"vae.epochs", "mdn_rnn.epochs"}; }
  int frame_height() const override { return kFrameSize; }
  int frame_width() const override { return kFrameSize; }
  int feature_size() const override;
  bool learns(int iteration) const override;
};

}  // namespace reverie
