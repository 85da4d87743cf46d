#include "experiments/models/vae_mdn_rnn/settings.h"

#include "env/error.h"

namespace reverie {

const VaeMdnRnnSettings& VaeMdnRnnSettings::of(const ExperimentConfig& config) {
  return dynamic_cast<const VaeMdnRnnSettings&>(*config.model.config);
}

std::vector<Field> VaeMdnRnnSettings::sections() {
  std::vector<Field> table = {
      section_field("vae", vae, "V: the autoencoder of frames, and how it is trained"),
      section_field("mdn_rnn", mdn_rnn, "M: the recurrent model of latents, and how it is trained")};
  if (is_transformer()) {
    table.push_back(section_field("transformer", mdn_rnn.mdn_rnn.transformer, "what M remembers with"));
  }
  return table;
}

void VaeMdnRnnSettings::check(const ExperimentConfig& config) const {
  const DreamConfig& dream = config.dream;
  if (config.dreams() && dream.reward == DreamReward::model && mdn_rnn.mdn_rnn.reward_head == RewardHead::none) {
    throw Error(ErrorKind::config, "dream.reward: expected constant where mdn_rnn.reward_head is none, found model");
  }
  if (config.dreams() && dream.end != DreamEnd::never && !mdn_rnn.mdn_rnn.end_head) {
    throw Error(ErrorKind::config, "dream.end: expected never where mdn_rnn.end_head is false");
  }
  if (is_transformer() && model.features == Features::zch) {
    throw Error(ErrorKind::config, "model.features: expected z, zh or zh_now of a transformer, found zch");
  }
}

std::vector<std::string> VaeMdnRnnSettings::weight_keys() const {
  std::vector<std::string> keys = {"vae.latent_size",      "vae.channels",       "mdn_rnn.hidden_size",
                                   "mdn_rnn.head_size",    "mdn_rnn.mixtures",   "mdn_rnn.reward_head",
                                   "mdn_rnn.reward_scale", "mdn_rnn.end_head",   "mdn_rnn.log_sigma_min",
                                   "mdn_rnn.latent_head",  "mdn_rnn.flow.width", "mdn_rnn.flow.layers"};
  if (is_transformer()) {
    for (const char* key : {"layers", "heads", "head_size", "key_value_latent", "position_size", "position_base",
                            "feed_forward", "window", "attention"}) {
      keys.push_back(str("transformer.", key));
    }
  }
  return keys;
}

std::vector<std::string> VaeMdnRnnSettings::adapting(int rank, bool frames) const {
  return adapting_with("mdn_rnn", rank, frames);
}

int VaeMdnRnnSettings::feature_size() const {
  return reverie::feature_size(model.features, vae.vae.latent_size, mdn_rnn.mdn_rnn.hidden_size);
}

bool VaeMdnRnnSettings::learns() const {
  return vae.training.epochs > 0 || mdn_rnn.training.epochs > 0;
}

}  // namespace reverie
