#include "experiments/models/vae/weights.h"

#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {

std::filesystem::path vae_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "vae.safetensors";
}

std::string vae_identity(const Experiment& experiment, int iteration) {
  return file_identity(vae_path(experiment.run, iteration), kVaeKind, "train-vae");
}

Vae load_vae(const Experiment& experiment, int iteration) {
  vae_identity(experiment, iteration);
  const VaeConfig& config = VaeSettings::of(experiment.config).vae;
  return read_module(vae_path(experiment.run, iteration), kVaeKind, [&](auto seed) { return Vae(config, seed); });
}

Vae new_vae(const ExperimentConfig& config) {
  return Vae(VaeSettings::of(config).vae, config.seed);
}

}  // namespace reverie
