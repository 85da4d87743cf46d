// The keys of a run with V and M: sections `vae` and `mdn_rnn`, `transformer` where one remembers in place of the LSTM,
// and what `model` says of them.
#pragma once

#include "experiments/config/config.h"
#include "experiments/models/vae/settings.h"
#include "worldmodel/vae_mdn_rnn/vae_mdn_rnn.h"

namespace reverie {

struct MdnRnnStageConfig {
  MdnRnnConfig mdn_rnn;
  int window = 32;
  TrainingConfig training;
};

inline std::vector<Field> fields(MdnRnnStageConfig& c) {
  return {fields_of(c.mdn_rnn),
          number_field("window", c.window, 1, 100000,
                       "steps of back-propagation through time; the state is carried on to the next window"),
          fields_of(c.training)};
}

class VaeMdnRnnSettings : public ModelConfig, public VaeSettings {
 public:
  MdnRnnStageConfig mdn_rnn;
  VaeMdnRnnConfig model;

  explicit VaeMdnRnnSettings(Memory memory) { mdn_rnn.mdn_rnn.memory = memory; }
  bool is_transformer() const { return mdn_rnn.mdn_rnn.memory == Memory::transformer; }

  // Of a config whose model is this one.
  static const VaeMdnRnnSettings& of(const ExperimentConfig& config);

  std::unique_ptr<ModelConfig> clone() const override { return std::make_unique<VaeMdnRnnSettings>(*this); }
  std::vector<Field> model_fields() override { return fields(model); }
  std::vector<Field> sections() override;
  void check(const ExperimentConfig& config) const override;
  std::vector<std::string> growing_keys() const override { return {"vae.epochs", "mdn_rnn.epochs"}; }
  std::vector<std::string> weight_keys() const override;
  std::vector<std::string> adapting(int rank, bool frames) const override;
  int frame_height() const override { return kFrameSize; }
  int frame_width() const override { return kFrameSize; }
  int feature_size() const override;
  bool learns() const override;
};

}  // namespace reverie
