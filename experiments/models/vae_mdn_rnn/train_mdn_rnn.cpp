// train-mdn-rnn: encodes new episodes with V, trains M to predict latents, rewards and ends, and compares its dreams
// with held-out recordings.
#include <algorithm>
#include <cmath>

#include "experiments/models/look_at_dream.h"
#include "experiments/models/reward_levels.h"
#include "experiments/models/training_loop.h"
#include "experiments/models/vae_mdn_rnn/stages.h"
#include "experiments/models/vae_mdn_rnn/weights.h"
#include "experiments/models/windows_ahead.h"
#include "worldmodel/draw_scores.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/vae_mdn_rnn/sequence_sampler.h"

namespace reverie {
namespace {

struct HeldOutLoss {
  double latent = 0, reward = 0, end = 0;  // as MdnRnnLoss
  double gaussian = 0, last_latent = 0;    // negative log likelihood of the latent under two baselines without dynamics
};

// Both baselines are fitted to the frames that they are scored on, so their figures are optimistic.
double gaussian_nll(const torch::Tensor& residuals) {  // [n, latent]; nats a dimension
  return (residuals.std(0, false).log() + 0.5 * std::log(2.0 * M_PI) + 0.5).mean().item<double>();
}

class HeldOutLook {
 public:
  HeldOutLook(const Experiment& experiment, const LatentStore& store)
      : run_seed_(experiment.config.seed),
        settings_(VaeMdnRnnSettings::of(experiment.config)),
        store_(store),
        type_(compute_type(experiment.config.precision)) {
    std::int64_t steps = 0;
    for (const int episode : store.episodes().held_out()) {
      steps += store.episodes().num_steps(episode);
    }
    batch_ = std::min(32, static_cast<int>(store.episodes().held_out().size()));
    windows_ = static_cast<int>(
        std::max<std::int64_t>(1, std::min<std::int64_t>(60, steps / (batch_ * settings_.mdn_rnn.window))));
  }

  HeldOutLoss look(const MdnRnn& mdn_rnn) const {
    torch::NoGradGuard no_grad;
    SequenceSampler sampler(store_, store_.episodes().held_out(), batch_, settings_.mdn_rnn.window,
                            settings_.model.latent_noise, derive_seed(run_seed_, Stream::open_loop, 0, 1));
    std::vector<torch::Tensor> carried = mdn_rnn->blank(batch_);
    HeldOutLoss sum;
    std::vector<torch::Tensor> next_latents, changes;
    for (int window = 0; window < windows_; ++window) {
      const SequenceBatch sequence = sampler.next();
      const std::uint64_t seed =
          derive_seed(run_seed_, Stream::flow_noise, ~std::uint64_t{0}, static_cast<std::uint64_t>(window));
      const Noise noise = mdn_rnn->draw_noise(batch_ * settings_.mdn_rnn.window, seed);
      const MdnRnnLoss loss = mdn_rnn->loss(sequence, carried, noise, type_);
      carried = loss.carried;
      sum.latent += loss.latent / windows_;
      sum.reward += loss.reward / windows_;
      sum.end += loss.end / windows_;
      const std::int64_t latent = sequence.latent.size(2);
      next_latents.push_back(sequence.next_latent.reshape({-1, latent}));
      changes.push_back((sequence.next_latent - sequence.latent).reshape({-1, latent}));
    }
    sum.gaussian = gaussian_nll(torch::cat(next_latents));
    sum.last_latent = gaussian_nll(torch::cat(changes));
    return sum;
  }

 private:
  std::uint64_t run_seed_;
  const VaeMdnRnnSettings& settings_;
  const LatentStore& store_;
  torch::ScalarType type_;
  int batch_, windows_;
};

// Of each dimension of z, from one frame to the next, with the noise that M learns of. [latent].
torch::Tensor deviation_of_changes(const LatentStore& store, const std::vector<int>& episodes, double latent_noise) {
  torch::Tensor sum, square;
  double count = 0.0;
  for (const int index : episodes) {
    const EmbeddedEpisode episode = store.read(index);
    const torch::Tensor mean = episode.embedding.parts[0].to(torch::kFloat64);
    const torch::Tensor noise = episode.embedding.parts[1].to(torch::kFloat64).exp() * (latent_noise * latent_noise);
    const torch::Tensor change = mean.slice(0, 1) - mean.slice(0, 0, -1);
    const torch::Tensor squares = (change.square() + noise.slice(0, 1) + noise.slice(0, 0, -1)).sum(0);
    sum = sum.defined() ? sum + change.sum(0) : change.sum(0);
    square = square.defined() ? square + squares : squares;
    count += static_cast<double>(change.size(0));
  }
  const torch::Tensor mean = sum / count;
  return (square / count - mean.square()).clamp_min(1e-8).sqrt().to(torch::kFloat32);
}

// How wide the noise must be that a draw begins with, so that draws spread as far as they err on episodes that the flow
// has learnt of.
void calibrate_spread(const Experiment& experiment, const Vae& vae, const MdnRnn& mdn_rnn,
                      const VaeMdnRnnSettings& settings, const LatentStore& store) {
  torch::NoGradGuard no_grad;
  mdn_rnn->flow->spread.fill_(1.0f);
  std::vector<int> episodes = store.episodes().train();
  constexpr std::size_t kEpisodes = 64;
  episodes.resize(std::min(episodes.size(), kEpisodes));
  const VaeMdnRnn model(vae, mdn_rnn, settings.model, experiment.config.precision);
  const DrawScores scores =
      measure_draws(model, store, episodes, {}, experiment.config.seed, [&] { experiment.pool->throw_if_ending(); });
  if (scores.spread_ratio > 0.0) {
    mdn_rnn->flow->spread.fill_(static_cast<float>(std::clamp(1.0 / scores.spread_ratio, 0.5, 2.0)));
  }
}

// inputs: the parts of a SequenceBatch, noise, and what M remembers of the window before.
ShardEquipment<MdnRnn>::Loss shard_loss(const ExperimentConfig& config) {
  return [type = compute_type(config.precision)](const MdnRnn& replica, const std::vector<torch::Tensor>& inputs) {
    const SequenceBatch batch{inputs.at(0), inputs.at(1), inputs.at(2), inputs.at(3), inputs.at(4), inputs.at(5)};
    const MdnRnnLoss loss =
        replica->loss(batch, {inputs.begin() + 8, inputs.end()}, {inputs.at(6), inputs.at(7)}, type);
    return ShardLoss{loss.total, loss.carried};
  };
}

std::map<std::string, std::string> inputs(const Experiment& experiment, int iteration) {
  std::map<std::string, std::string> inputs = {{"vae", vae_identity(experiment, iteration)}};
  if (iteration > 0) {
    inputs["mdn_rnn"] = mdn_rnn_identity(experiment, iteration - 1);
  }
  return inputs;
}

void train_mdn_rnn_iteration(Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const VaeMdnRnnSettings& settings = VaeMdnRnnSettings::of(config);
  const std::filesystem::path path = mdn_rnn_path(experiment.run, iteration);
  const int epochs = settings.mdn_rnn.training.epochs;
  const std::map<std::string, std::string> made_from = inputs(experiment, iteration);
  if (is_trained(path, kMdnRnnKind, epochs, made_from)) {
    return;
  }
  const torch::ScalarType type = compute_type(config.precision);
  const Vae vae = load_vae(experiment, iteration);
  const EpisodeStore episodes = experiment.episodes(iteration);
  LatentStore store(episodes, made_from.at("vae"));
  {
    Progress progress("encode " + std::to_string(iteration), "episodes", episodes.size());
    store.encode(vae, type, *experiment.pool, [&progress](int done, int) { progress.update(done); });
  }
  MdnRnn mdn_rnn = iteration == 0 ? new_mdn_rnn(experiment.config, experiment.action_size())
                                  : load_mdn_rnn(experiment, iteration - 1);
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->reward_levels.copy_(reward_levels(store, episodes.train()));
    if (mdn_rnn->flow && iteration == 0) {  // later ones would change what the weights mean
      mdn_rnn->flow->deviation.copy_(deviation_of_changes(store, episodes.train(), settings.model.latent_noise));
    }
  }
  const HeldOutLook held_out(experiment, store);

  const TrainingConfig& training = settings.mdn_rnn.training;
  const std::int64_t shard_size = training.batch_size / training.shards;
  std::unique_ptr<WindowsAhead<SequenceSampler>> windows;
  SequenceBatch batch;
  std::vector<std::vector<torch::Tensor>> carried(static_cast<std::size_t>(training.shards));  // from window to window

  TrainingTask<MdnRnn> task;
  task.stage = "train-mdn-rnn";
  task.iteration = iteration;
  task.training = training;
  task.checkpoint = experiment.run.iteration(iteration) / "mdn_rnn_checkpoint.safetensors";
  task.made_from = made_from;
  task.make_replica = [&] { return new_mdn_rnn(experiment.config, experiment.action_size()); };
  task.begin_epoch = [&](int epoch) {
    windows = std::make_unique<WindowsAhead<SequenceSampler>>(std::make_unique<SequenceSampler>(
        store, episodes.train(), training.batch_size, settings.mdn_rnn.window, settings.model.latent_noise,
        derive_seed(config.seed, Stream::mdn_rnn_batch, static_cast<std::uint64_t>(iteration),
                    static_cast<std::uint64_t>(epoch))));
    carried.assign(carried.size(), mdn_rnn->blank(shard_size));
  };
  task.begin_update = [&](std::int64_t) { batch = windows->next(); };
  task.inputs = [&](std::int64_t update, int shard) -> std::vector<torch::Tensor> {
    const SequenceBatch part = batch.rows(shard * shard_size, (shard + 1) * shard_size);
    const auto draw = static_cast<std::uint64_t>(update) * static_cast<std::uint64_t>(training.shards) +
                      static_cast<std::uint64_t>(shard);
    const Noise noise =
        mdn_rnn->draw_noise(shard_size * settings.mdn_rnn.window,
                            derive_seed(config.seed, Stream::flow_noise, static_cast<std::uint64_t>(iteration), draw));
    std::vector<torch::Tensor> inputs = {part.latent,     part.action, part.next_latent, part.reward,
                                         part.terminated, part.first,  noise.normals,    noise.uniforms};
    const std::vector<torch::Tensor>& memory = carried[static_cast<std::size_t>(shard)];
    inputs.insert(inputs.end(), memory.begin(), memory.end());
    return inputs;
  };
  task.loss = shard_loss(experiment.config);
  task.carry = [&](int shard, const std::vector<torch::Tensor>& memory) {
    carried[static_cast<std::size_t>(shard)] = memory;
  };
  task.end_epoch = [&]() -> Measurements {
    const HeldOutLoss loss = held_out.look(mdn_rnn);
    Measurements values = {{"held_out_reward", loss.reward}, {"held_out_end", loss.end}};
    if (mdn_rnn->flow) {
      values.insert(values.begin(), {"held_out_flow", loss.latent});
    } else {  // nats, as the baselines
      values.insert(values.begin(), {"held_out_latent", loss.latent});
      values.push_back({"gaussian_latent", loss.gaussian});
      values.push_back({"last_latent_gaussian", loss.last_latent});
    }
    return values;
  };
  const std::map<std::string, torch::Tensor> update = run_training(experiment, mdn_rnn, task);
  if (mdn_rnn->flow) {
    calibrate_spread(experiment, vae, mdn_rnn, settings, store);
  }

  look_at_dream(experiment, VaeMdnRnn(vae, mdn_rnn, settings.model, config.precision), store, iteration);
  write_adapter(path, update, made_from);
  write_trained(path, kMdnRnnKind, mdn_rnn, epochs, made_from, str("train-mdn-rnn: M of iteration ", iteration));
}

}  // namespace

Stage train_mdn_rnn_stage() {
  Stage stage;
  stage.name = "train-mdn-rnn";
  stage.help = "encodes new episodes with V and trains M";
  stage.sections = {"mdn_rnn", "model"};
  stage.amount = [](const ExperimentConfig& config) -> int {
    return VaeMdnRnnSettings::of(config).mdn_rnn.training.epochs;
  };
  stage.inputs = inputs;
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig&,
                     int iteration) -> std::vector<std::filesystem::path> {
    return {mdn_rnn_path(experiment.run, iteration)};
  };
  stage.run = train_mdn_rnn_iteration;
  stage.equip = [](const Experiment& experiment, WorkerPool& pool) {
    return std::make_unique<ShardEquipment<MdnRnn>>(
        [&experiment] { return new_mdn_rnn(experiment.config, experiment.action_size()); },
        shard_loss(experiment.config), pool);
  };
  return stage;
}

}  // namespace reverie
