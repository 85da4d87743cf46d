#include "experiments/models/vae_mdn_rnn/weights.h"

#include "worldmodel/data/tensor_file.h"
#include "worldmodel/data/weights.h"

namespace reverie {

std::filesystem::path mdn_rnn_path(const RunDirectory& run, int iteration) {
  return run.iteration(iteration) / "mdn_rnn.safetensors";
}

std::string mdn_rnn_identity(const Experiment& experiment, int iteration) {
  return file_identity(mdn_rnn_path(experiment.run, iteration), kMdnRnnKind, "train-mdn-rnn");
}

MdnRnn load_mdn_rnn(const Experiment& experiment, int iteration) {
  mdn_rnn_identity(experiment, iteration);
  const VaeMdnRnnSettings& settings = VaeMdnRnnSettings::of(experiment.config);
  return read_module(mdn_rnn_path(experiment.run, iteration), kMdnRnnKind, [&](auto seed) {
    return MdnRnn(settings.vae.vae.latent_size, experiment.action_size(), settings.mdn_rnn.mdn_rnn, seed);
  });
}

MdnRnn new_mdn_rnn(const ExperimentConfig& config, int action_size) {
  const VaeMdnRnnSettings& settings = VaeMdnRnnSettings::of(config);
  return MdnRnn(settings.vae.vae.latent_size, action_size, settings.mdn_rnn.mdn_rnn, config.seed);
}

}  // namespace reverie
