// train-rssm: trains the RSSM on V's latents of the recorded episodes, or on their frames, and compares its dreams with
// held-out recordings.
#include <algorithm>

#include "experiments/models/look_at_dream.h"
#include "experiments/models/reward_levels.h"
#include "experiments/models/rssm/family.h"
#include "experiments/models/rssm/weights.h"
#include "experiments/models/training_loop.h"
#include "experiments/models/windows_ahead.h"
#include "worldmodel/rssm/arrival_sampler.h"
#include "worldmodel/vae/latent_store.h"

namespace reverie {
namespace {

// Noise for a batch of windows: [time, batch, size], normal or uniform.
torch::Tensor draw_noise(const Rssm& rssm, std::int64_t time, std::int64_t batch, std::uint64_t seed) {
  torch::Tensor noise = torch::empty({time, batch, rssm->config().stochastic_size});
  const std::span<float> numbers(noise.data_ptr<float>(), static_cast<std::size_t>(noise.numel()));
  Rng rng(seed);
  rssm->random_part().is_gaussian() ? rng.fill_normal(numbers) : rng.fill_uniform(numbers);
  return noise;
}

// The states of a batch's rows, carried from window to window.
struct Carried {
  torch::Tensor deterministic, stochastic;

  Carried(const Rssm& rssm, std::int64_t batch)
      : deterministic(torch::zeros({batch, rssm->config().deterministic_size})),
        stochastic(torch::zeros({batch, rssm->random_part().width()})) {}
};

class HeldOutLook {
 public:
  HeldOutLook(const Experiment& experiment, const EmbeddedEpisodes& source)
      : seed_(derive_seed(experiment.config.seed, Stream::open_loop, 0, 1)),
        settings_(RssmSettings::of(experiment.config).rssm),
        source_(source),
        type_(compute_type(experiment.config.precision)) {
    const EpisodeStore& episodes = source.episodes();
    std::int64_t entries = 0;
    for (const int episode : episodes.held_out()) {
      entries += episodes.num_steps(episode) + 1;
    }
    batch_ = std::min(32, static_cast<int>(episodes.held_out().size()));
    const std::int64_t most = RssmSettings::of(experiment.config).sees_pixels() ? 4 : 60;
    windows_ = static_cast<int>(std::max<std::int64_t>(1, std::min(most, entries / (batch_ * settings_.window))));
  }

  RssmLoss look(const Rssm& rssm) const {
    torch::NoGradGuard no_grad;
    ArrivalSampler sampler(source_, source_.episodes().held_out(), batch_, settings_.window,
                           settings_.rssm.mask_first_reward, seed_);
    Carried state(rssm, batch_);
    RssmLoss sum;
    for (int window = 0; window < windows_; ++window) {
      const ArrivalBatch batch = sampler.next();
      const torch::Tensor noise = draw_noise(
          rssm, settings_.window, batch_, derive_seed(seed_, Stream::rssm_noise, static_cast<std::uint64_t>(window)));
      const RssmLoss loss = rssm->loss(batch, state.deterministic, state.stochastic, noise, type_);
      state.deterministic = loss.deterministic;
      state.stochastic = loss.stochastic;
      sum.reconstruction += loss.reconstruction / windows_;
      sum.divergence += loss.divergence / windows_;
      sum.reward += loss.reward / windows_;
      sum.end += loss.end / windows_;
    }
    return sum;
  }

 private:
  std::uint64_t seed_;
  const RssmStageConfig& settings_;
  const EmbeddedEpisodes& source_;
  torch::ScalarType type_;
  int batch_, windows_;
};

// inputs: the parts of an ArrivalBatch, the states before it, and noise.
ShardEquipment<Rssm>::Loss shard_loss(const ExperimentConfig& config) {
  return [type = compute_type(config.precision)](const Rssm& replica, const std::vector<torch::Tensor>& inputs) {
    const ArrivalBatch batch{inputs.at(0), inputs.at(1), inputs.at(2), inputs.at(3),
                             inputs.at(4), inputs.at(5), inputs.at(6), inputs.at(7)};
    const RssmLoss loss = replica->loss(batch, inputs.at(8), inputs.at(9), inputs.at(10), type);
    return ShardLoss{loss.total, {loss.deterministic, loss.stochastic}};
  };
}

std::map<std::string, std::string> inputs(const Experiment& experiment, int iteration) {
  std::map<std::string, std::string> inputs;
  if (!RssmSettings::of(experiment.config).sees_pixels()) {
    inputs["vae"] = vae_identity(experiment, iteration);
  }
  if (iteration > 0) {
    inputs["rssm"] = rssm_identity(experiment, iteration - 1);
  }
  return inputs;
}

// What it is trained on: V's latents, or the frames.
std::unique_ptr<EmbeddedEpisodes> training_source(const Experiment& experiment, const ExperimentConfig& config,
                                                  const EpisodeStore& episodes, int iteration) {
  if (RssmSettings::of(config).sees_pixels()) {
    return std::make_unique<RecordedFrames>(episodes);
  }
  auto store = std::make_unique<LatentStore>(episodes, vae_identity(experiment, iteration));
  Progress progress("encode " + std::to_string(iteration), "episodes", episodes.size());
  store->encode(load_vae(experiment, iteration), compute_type(config.precision), *experiment.pool,
                [&progress](int done, int) { progress.update(done); });
  return store;
}

void train_rssm_iteration(Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const RssmStageConfig& settings = RssmSettings::of(config).rssm;
  const TrainingConfig& training = settings.training;
  const std::filesystem::path path = rssm_path(experiment.run, iteration);
  const std::map<std::string, std::string> made_from = inputs(experiment, iteration);
  if (is_trained(path, kRssmKind, training.epochs, made_from)) {
    return;
  }
  const EpisodeStore episodes = experiment.episodes(iteration);
  const std::unique_ptr<EmbeddedEpisodes> source = training_source(experiment, config, episodes, iteration);
  Rssm rssm =
      iteration == 0 ? new_rssm(experiment.config, experiment.action_size()) : load_rssm(experiment, iteration - 1);
  if (settings.rssm.reward_head == RssmReward::event) {
    torch::NoGradGuard no_grad;
    rssm->reward_levels.copy_(reward_levels(*source, episodes.train()));
  }
  const HeldOutLook held_out(experiment, *source);

  const std::int64_t shard_size = training.batch_size / training.shards;
  std::unique_ptr<WindowsAhead<ArrivalSampler>> windows;
  ArrivalBatch batch;
  std::vector<Carried> states;
  std::int64_t current_update = 0;

  TrainingTask<Rssm> task;
  task.stage = "train-rssm";
  task.iteration = iteration;
  task.training = training;
  task.checkpoint = experiment.run.iteration(iteration) / "rssm_checkpoint.safetensors";
  task.made_from = made_from;
  task.make_replica = [&] { return new_rssm(experiment.config, experiment.action_size()); };
  task.begin_epoch = [&](int epoch) {
    windows = std::make_unique<WindowsAhead<ArrivalSampler>>(std::make_unique<ArrivalSampler>(
        *source, episodes.train(), training.batch_size, settings.window, settings.rssm.mask_first_reward,
        derive_seed(config.seed, Stream::rssm_batch, static_cast<std::uint64_t>(iteration),
                    static_cast<std::uint64_t>(epoch))));
    states.assign(static_cast<std::size_t>(training.shards), Carried(rssm, shard_size));
  };
  task.begin_update = [&](std::int64_t update) {
    batch = windows->next();
    current_update = update;
  };
  task.inputs = [&](std::int64_t update, int shard) -> std::vector<torch::Tensor> {
    const Carried& state = states[static_cast<std::size_t>(shard)];
    const auto draw = static_cast<std::uint64_t>(update) * static_cast<std::uint64_t>(training.shards) +
                      static_cast<std::uint64_t>(shard);
    const torch::Tensor noise =
        draw_noise(rssm, settings.window, shard_size,
                   derive_seed(config.seed, Stream::rssm_noise, static_cast<std::uint64_t>(iteration), draw));
    const ArrivalBatch part = batch.rows(shard * shard_size, (shard + 1) * shard_size);
    return {part.latent_mean,    part.latent_log_variance, part.frame, part.action,
            part.reward,         part.terminated,          part.first, part.rewarded,
            state.deterministic, state.stochastic,         noise};
  };
  task.loss = shard_loss(experiment.config);
  task.carry = [&](int shard, const std::vector<torch::Tensor>& carried) {
    states[static_cast<std::size_t>(shard)].deterministic = carried.at(0);
    states[static_cast<std::size_t>(shard)].stochastic = carried.at(1);
  };
  std::int64_t played = 0;  // the game's steps that are replayed
  for (const int episode : episodes.train()) {
    played += episodes.num_steps(episode);
  }
  task.end_epoch = [&]() -> Measurements {
    const RssmLoss loss = held_out.look(rssm);
    const double replayed = static_cast<double>(current_update + 1) * training.batch_size * settings.window;
    return {{"held_out_reconstruction", loss.reconstruction},
            {"held_out_divergence", loss.divergence},
            {"held_out_reward", loss.reward},
            {"held_out_end", loss.end},
            {"train_ratio", replayed / static_cast<double>(played)}};  // in this iteration
  };
  const std::map<std::string, torch::Tensor> update = run_training(experiment, rssm, task);

  const RssmModel model(eyes_of(experiment, iteration), rssm, config.precision);
  if (RssmSettings::of(config).sees_pixels()) {
    look_at_dream(experiment, model, FreshEmbeddings(model, episodes), iteration);
  } else {
    look_at_dream(experiment, model, *source, iteration);
  }
  write_adapter(path, update, made_from);
  write_trained(path, kRssmKind, rssm, training.epochs, made_from,
                str("train-rssm: the RSSM of iteration ", iteration));
}

}  // namespace

Stage train_rssm_stage() {
  Stage stage;
  stage.name = "train-rssm";
  stage.help = "trains the RSSM on V's latents of the recorded episodes, or on their frames";
  stage.sections = {"rssm", "model"};
  stage.amount = [](const ExperimentConfig& config) -> int { return RssmSettings::of(config).rssm.training.epochs; };
  stage.inputs = inputs;
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig&,
                     int iteration) -> std::vector<std::filesystem::path> {
    return {rssm_path(experiment.run, iteration)};
  };
  stage.run = train_rssm_iteration;
  stage.equip = [](const Experiment& experiment, WorkerPool& pool) {
    return std::make_unique<ShardEquipment<Rssm>>(
        [&experiment] { return new_rssm(experiment.config, experiment.action_size()); }, shard_loss(experiment.config),
        pool);
  };
  return stage;
}

}  // namespace reverie
