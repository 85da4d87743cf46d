#include "experiments/models/rssm/weights.h"

#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {

std::filesystem::path rssm_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "rssm.safetensors";
}

std::string rssm_identity(const Experiment& experiment, int iteration) {
  return file_identity(rssm_path(experiment.run, iteration), kRssmKind, "train-rssm");
}

Rssm load_rssm(const Experiment& experiment, int iteration) {
  rssm_identity(experiment, iteration);
  const RssmSettings& settings = RssmSettings::of(experiment.config);
  return read_module(rssm_path(experiment.run, iteration), kRssmKind, [&](auto seed) {
    return Rssm(settings.vae.vae.latent_size, experiment.action_size(), settings.rssm.rssm, settings.vae.vae, seed);
  });
}

Rssm new_rssm(const ExperimentConfig& config, int action_size) {
  const RssmSettings& settings = RssmSettings::of(config);
  return Rssm(settings.vae.vae.latent_size, action_size, settings.rssm.rssm, settings.vae.vae, config.seed);
}

Vae eyes_of(const Experiment& experiment, int iteration) {
  return RssmSettings::of(experiment.config).sees_pixels() ? Vae(nullptr) : load_vae(experiment, iteration);
}

}  // namespace reverie
