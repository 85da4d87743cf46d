#include "experiments/models/vae_mdn_rnn/settings.h"

#include "env/error.h"

namespace reverie {

void VaeStageConfig::validate() const {
  vae.validate();
  training.validate("vae");
}

void MdnRnnStageConfig::validate() const {
  mdn_rnn.validate();
  training.validate("mdn_rnn");
  check_range("mdn_rnn.window", window, 1, 100000);
}

void visit(ConfigVisitor& v, VaeStageConfig& c) {
  v.field("latent_size", c.vae.latent_size);
  v.field("channels", c.vae.channels);
  v.field("kl_floor", c.vae.kl_floor);
  visit_training(v, c.training);
}

void visit(ConfigVisitor& v, MdnRnnStageConfig& c) {
  v.field("hidden_size", c.mdn_rnn.hidden_size);
  v.field("head_size", c.mdn_rnn.head_size);
  v.field("mixtures", c.mdn_rnn.mixtures);
  v.choice("reward_head", c.mdn_rnn.reward_head, {"none", "value", "event"});
  v.field("reward_scale", c.mdn_rnn.reward_scale);
  v.field("reward_weight", c.mdn_rnn.reward_weight);
  v.field("mask_first_reward", c.mdn_rnn.mask_first_reward);
  v.field("end_head", c.mdn_rnn.end_head);
  v.field("end_weight", c.mdn_rnn.end_weight);
  v.field("end_positive_weight", c.mdn_rnn.end_positive_weight);
  v.field("log_sigma_min", c.mdn_rnn.log_sigma_min);
  v.field("window", c.window);
  visit_training(v, c.training);
}

const VaeMdnRnnSettings& VaeMdnRnnSettings::of(const ExperimentConfig& config) {
  return dynamic_cast<const VaeMdnRnnSettings&>(*config.model.config);
}

void VaeMdnRnnSettings::visit_model(ConfigVisitor& v) {
  v.choice("features", model.features, {"z", "zh", "zch", "zh_now"});
  v.field("latent_noise", model.latent_noise);
}

void VaeMdnRnnSettings::visit_sections(ConfigVisitor& v) {
  v.section("vae", vae);
  v.section("mdn_rnn", mdn_rnn);
}

void VaeMdnRnnSettings::check(const ExperimentConfig& config) const {
  const DreamConfig& dream = config.dream.dream;
  if (config.dreams() && dream.reward == DreamReward::model && mdn_rnn.mdn_rnn.reward_head == RewardHead::none) {
    throw Error(ErrorKind::config, "dream.reward: expected constant where mdn_rnn.reward_head is none, found model");
  }
  if (config.dreams() && dream.end != DreamEnd::never && !mdn_rnn.mdn_rnn.end_head) {
    throw Error(ErrorKind::config, "dream.end: expected never where mdn_rnn.end_head is false");
  }
}

int VaeMdnRnnSettings::feature_size() const {
  return reverie::feature_size(model.features, vae.vae.latent_size, mdn_rnn.mdn_rnn.hidden_size);
}

bool VaeMdnRnnSettings::learns(int iteration) const {
  return at_iteration(vae.training.epochs, iteration) > 0 || at_iteration(mdn_rnn.training.epochs, iteration) > 0;
}

}  // namespace reverie
