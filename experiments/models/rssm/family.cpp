#include "experiments/models/rssm/family.h"

#include "env/error.h"
#include "experiments/models/rssm/weights.h"
#include "experiments/models/vae/stage.h"
#include "worldmodel/vae/latent_store.h"

namespace reverie {

// With input pixels train-vae does nothing.
std::vector<Stage> RssmFamily::stages() const {
  Stage vae = train_vae_stage();
  const auto amount = vae.amount;
  vae.amount = [amount](const ExperimentConfig& config) {
    return RssmSettings::of(config).sees_pixels() ? 0 : amount(config);
  };
  const auto inputs = vae.inputs;
  vae.inputs = [inputs](const Experiment& experiment, int iteration) {
    return RssmSettings::of(experiment.config).sees_pixels() ? std::map<std::string, std::string>()
                                                             : inputs(experiment, iteration);
  };
  const auto outputs = vae.outputs;
  vae.outputs = [outputs](const Experiment& experiment, const ExperimentConfig& config, int iteration) {
    return RssmSettings::of(config).sees_pixels() ? std::vector<std::filesystem::path>()
                                                  : outputs(experiment, config, iteration);
  };
  const auto run = vae.run;
  vae.run = [run](Experiment& experiment, const ExperimentConfig& config, int iteration) {
    if (!RssmSettings::of(config).sees_pixels()) {
      run(experiment, config, iteration);
    }
  };
  return {vae, train_rssm_stage()};
}

std::vector<WeightFile> RssmFamily::weights(const ExperimentConfig& config, const RunDirectory& run,
                                            int iteration) const {
  std::vector<WeightFile> files;
  if (!RssmSettings::of(config).sees_pixels()) {
    files.push_back({vae_path(run, iteration), kVaeKind, "train-vae"});
  }
  files.push_back({rssm_path(run, iteration), kRssmKind, "train-rssm"});
  return files;
}

std::unique_ptr<WorldModel> RssmFamily::load(const Experiment& experiment, int iteration) const {
  return std::make_unique<RssmModel>(eyes_of(experiment, iteration), load_rssm(experiment, iteration),
                                     experiment.config.precision);
}

std::unique_ptr<WorldModel> RssmFamily::untrained(const Experiment& experiment, std::optional<int> sees_as) const {
  const bool pixels = RssmSettings::of(experiment.config).sees_pixels();
  Rssm rssm = new_rssm(experiment.config, experiment.action_size());
  if (sees_as) {
    torch::NoGradGuard no_grad;
    const Rssm seen = load_rssm(experiment, *sees_as);
    rssm->reward_levels.copy_(seen->reward_levels);
    const auto from = seen->named_parameters();
    for (auto& parameter : rssm->named_parameters()) {
      if (parameter.key().starts_with("vae.")) {
        parameter.value().copy_(from[parameter.key()]);
      }
    }
  }
  const Vae vae = pixels ? Vae(nullptr) : sees_as ? load_vae(experiment, *sees_as) : new_vae(experiment.config);
  return std::make_unique<RssmModel>(vae, rssm, experiment.config.precision);
}

std::unique_ptr<EmbeddedEpisodes> RssmFamily::embedded(const Experiment& experiment, const WorldModel& model,
                                                       const EpisodeStore& episodes, int iteration) const {
  if (RssmSettings::of(experiment.config).sees_pixels()) {
    return ModelFamily::embedded(experiment, model, episodes, iteration);
  }
  auto store = std::make_unique<LatentStore>(episodes, vae_identity(experiment, iteration));
  // A later iteration may have encoded the same episodes with its own V, and a user may have deleted the latents.
  store->encode(load_vae(experiment, iteration), compute_type(experiment.config.precision), *experiment.pool);
  return store;
}

std::vector<std::pair<std::string, std::string>> RssmFamily::highlights(const ExperimentConfig& config) const {
  const RssmSettings& settings = RssmSettings::of(config);
  const RssmConfig& rssm = settings.rssm.rssm;
  const std::string random = rssm.stochastic == Stochastic::gaussian
                                 ? str(rssm.stochastic_size, " Gaussians")
                                 : str(rssm.stochastic_size, " variables of ", rssm.classes, " classes");
  return {{"frames", str(settings.sees_pixels() ? "through an encoder trained with it" : "through V", ", ",
                         settings.vae.vae.latent_size, " latents")},
          {"RSSM", str(rssm.deterministic_size, " units, ", random)}};
}

std::vector<ShownSection> RssmFamily::shown_sections() const {
  return {{"rssm",
           "The RSSM",
           "How well the RSSM explains episodes that it was not trained on.",
           {{"train-rssm", "held_out_reconstruction", "Reconstruction, held-out episodes", "half the squared error"},
            {"train-rssm", "held_out_divergence", "KL of posterior from prior, held-out episodes", "nats a step"},
            {"train-rssm", "held_out_reward", "Reward, held-out episodes", "loss"},
            {"train-rssm", "held_out_end", "End, held-out episodes", "loss"}}}};
}

std::vector<LearningPanel> RssmFamily::learning_panels() const {
  return {{"train-vae", "V's loss", "loss", {{"train_loss", "training"}}},
          {"train-rssm",
           "RSSM: reconstruction and KL",
           "held out",
           {{"held_out_reconstruction", "reconstruction"}, {"held_out_divergence", "KL"}}},
          {"train-rssm", "RSSM: reward", "held-out loss", {{"held_out_reward", "reward"}}},
          {"train-rssm", "RSSM: end", "held-out loss", {{"held_out_end", "end"}}}};
}

void RssmFamily::bench(Bench& bench, const std::function<double(int job)>&) const {
  bench_rssm(bench);
}

}  // namespace reverie
