#include "experiments/models/rssm/settings.h"

#include "env/error.h"
#include "worldmodel/rssm/distributions.h"

namespace reverie {

RssmSettings::RssmSettings() {
  rssm.training.batch_size = 64;
  rssm.training.learning_rate_end = 1e-4;
  rssm.training.gradient_clip_norm = 100.0;
}

const RssmSettings& RssmSettings::of(const ExperimentConfig& config) {
  return dynamic_cast<const RssmSettings&>(*config.model.config);
}

std::vector<Field> RssmSettings::sections() {
  return {section_field("vae", vae, "V: the autoencoder of frames, and how it is trained; of input pixels its sizes"),
          section_field("rssm", rssm, "the recurrent state-space model, and how it is trained")};
}

void RssmSettings::check(const ExperimentConfig& config) const {
  const DreamConfig& dream = config.dream;
  if (config.dreams() && dream.reward == DreamReward::model && rssm.rssm.reward_head == RssmReward::none) {
    throw Error(ErrorKind::config, "dream.reward: expected constant where rssm.reward_head is none, found model");
  }
  if (config.dreams() && dream.end != DreamEnd::never && !rssm.rssm.end_head) {
    throw Error(ErrorKind::config, "dream.end: expected never where rssm.end_head is false");
  }
}

std::vector<std::string> RssmSettings::weight_keys() const {
  return {"vae.latent_size",
          "vae.channels",
          "rssm.input",
          "rssm.deterministic_size",
          "rssm.gru",
          "rssm.stochastic",
          "rssm.classes",
          "rssm.stochastic_size",
          "rssm.unimix",
          "rssm.deviation",
          "rssm.deviation_min",
          "rssm.hidden_size",
          "rssm.trunk_size",
          "rssm.activation",
          "rssm.latent_sigma_min",
          "rssm.reward_head",
          "rssm.reward_scale",
          "rssm.end_head"};
}

std::vector<std::string> RssmSettings::adapting(int rank, bool frames) const {
  return frames && sees_pixels() ? std::vector<std::string>() : adapting_with("rssm", rank, frames);
}

int RssmSettings::feature_size() const {
  return static_cast<int>(RandomPart(rssm.rssm).width()) + rssm.rssm.deterministic_size;
}

bool RssmSettings::learns() const {
  return (!sees_pixels() && vae.training.epochs > 0) || rssm.training.epochs > 0;
}

}  // namespace reverie
