#include "experiments/models/vae_mdn_rnn/family.h"

#include "env/error.h"
#include "experiments/models/vae/stage.h"
#include "experiments/models/vae_mdn_rnn/bench.h"
#include "experiments/models/vae_mdn_rnn/stages.h"
#include "experiments/models/vae_mdn_rnn/weights.h"
#include "experiments/run/text.h"
#include "worldmodel/vae/latent_store.h"

namespace reverie {

namespace {

std::string head_in_words(const MdnRnnConfig& m) {
  switch (m.latent_head) {
    case LatentHead::mixture:
      return str(m.mixtures, " Gaussians a latent");
    case LatentHead::joint_mixture:
      return str(m.mixtures, " Gaussians of all latents");
    case LatentHead::flow:
      break;
  }
  return str("a flow of ", m.flow.steps, " steps");
}

}  // namespace

std::vector<Stage> VaeMdnRnnFamily::stages() const {
  return {train_vae_stage(), train_mdn_rnn_stage()};
}

std::vector<WeightFile> VaeMdnRnnFamily::weights(const ExperimentConfig&, const RunDirectory& run,
                                                 int iteration) const {
  return {{vae_path(run, iteration), kVaeKind, "train-vae"},
          {mdn_rnn_path(run, iteration), kMdnRnnKind, "train-mdn-rnn"}};
}

std::unique_ptr<WorldModel> VaeMdnRnnFamily::load(const Experiment& experiment, int iteration) const {
  return std::make_unique<VaeMdnRnn>(load_vae(experiment, iteration), load_mdn_rnn(experiment, iteration),
                                     VaeMdnRnnSettings::of(experiment.config).model, experiment.config.precision);
}

std::unique_ptr<WorldModel> VaeMdnRnnFamily::untrained(const Experiment& experiment, std::optional<int> sees_as) const {
  const Vae vae = sees_as ? load_vae(experiment, *sees_as) : new_vae(experiment.config);
  MdnRnn mdn_rnn = new_mdn_rnn(experiment.config, experiment.action_size());
  if (sees_as) {
    torch::NoGradGuard no_grad;
    mdn_rnn->reward_levels.copy_(load_mdn_rnn(experiment, *sees_as)->reward_levels);
  }
  return std::make_unique<VaeMdnRnn>(vae, mdn_rnn, VaeMdnRnnSettings::of(experiment.config).model,
                                     experiment.config.precision);
}

std::unique_ptr<EmbeddedEpisodes> VaeMdnRnnFamily::embedded(const Experiment& experiment, const WorldModel&,
                                                            const EpisodeStore& episodes, int iteration) const {
  auto store = std::make_unique<LatentStore>(episodes, vae_identity(experiment, iteration));
  // A later iteration may have encoded the same episodes with its own V, and a user may have deleted the latents.
  store->encode(load_vae(experiment, iteration), compute_type(experiment.config.precision), *experiment.pool);
  return store;
}

std::vector<std::pair<std::string, std::string>> VaeMdnRnnFamily::highlights(const ExperimentConfig& config) const {
  const VaeMdnRnnSettings& settings = VaeMdnRnnSettings::of(config);
  return {{"V", str(settings.vae.vae.latent_size, " latents, channels ", joined(settings.vae.vae.channels))},
          {"M", str(settings.mdn_rnn.mdn_rnn.hidden_size, " hidden units",
                    settings.is_transformer()
                        ? str(" of a transformer that sees ", settings.mdn_rnn.mdn_rnn.transformer.window, " steps")
                        : "",
                    ", ", head_in_words(settings.mdn_rnn.mdn_rnn))}};
}

std::vector<ShownSection> VaeMdnRnnFamily::shown_sections() const {
  return {
      {"m",
       "M: the MDN-RNN",
       "How well M predicts episodes that it was not trained on.",
       {{"train-mdn-rnn", "held_out_latent", "Next latent, held-out episodes", "− log likelihood, nats a dimension",
         Against::steps, "last_latent_gaussian", "around the last latent"},
        {"train-mdn-rnn", "held_out_flow", "Next latent by a flow, held-out episodes", "squared error of the velocity"},
        {"train-mdn-rnn", "held_out_reward", "Reward, held-out episodes", "loss"},
        {"train-mdn-rnn", "held_out_end", "End, held-out episodes", "loss"}}},
      {"v",
       "V: the VAE",
       "How well V compresses frames that it was not trained on.",
       {{"train-vae", "held_out_reconstruction", "Reconstruction, held-out frames", "squared error a frame",
         Against::steps, "mean_frame_error", "the mean frame"},
        {"train-vae", "held_out_kl", "KL from the prior, held-out frames", "nats"}}}};
}

std::vector<LearningPanel> VaeMdnRnnFamily::learning_panels() const {
  return {{"train-vae", "V's loss", "loss", {{"train_loss", "training"}}},
          {"train-vae",
           "V's reconstruction and KL",
           "held out",
           {{"held_out_reconstruction", "reconstruction"}, {"held_out_kl", "KL"}}},
          {"train-mdn-rnn",
           "M: latent",
           "nats a dimension",
           {{"held_out_latent", "held out"},
            {"gaussian_latent", "one Gaussian"},
            {"last_latent_gaussian", "Gaussian at the last latent"}}},
          {"train-mdn-rnn", "M: reward", "held-out loss", {{"held_out_reward", "reward"}}},
          {"train-mdn-rnn", "M: end", "held-out loss", {{"held_out_end", "end"}}}};
}

void VaeMdnRnnFamily::bench(Bench& bench, const std::function<double(int job)>& side_by_side) const {
  if (memory_ == Memory::transformer) {
    bench_transformer(bench);
    return;
  }
  bench_vae(bench);
  bench_mdn_rnn(bench);
  bench_heads(bench);
  bench_whole(bench);
  bench_workers(bench, side_by_side);
}

double VaeMdnRnnFamily::serve_bench_job(int job, double seconds) const {
  return serve_worker_job(job, seconds);
}

}  // namespace reverie
