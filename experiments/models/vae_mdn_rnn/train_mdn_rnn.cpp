// train-mdn-rnn: V encodes what is new, then M learns to predict latents, rewards and ends, and is held against
// reality.
#include <algorithm>
#include <cmath>
#include <future>

#include "experiments/models/training_loop.h"
#include "experiments/run/machine.h"
#include "experiments/run/png.h"
#include "experiments/stages/stages.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/open_loop.h"
#include "worldmodel/row_noise.h"
#include "worldmodel/vae_mdn_rnn/latent_store.h"

namespace reverie {
namespace {

// What a step pays that pays, and one that does not: the mean of the first, the median of the second, so that one fall
// off the field (-100) does not count as the price of an ordinary step.
torch::Tensor reward_levels(const LatentStore& store, const std::vector<int>& episodes) {
  double paid = 0.0;
  std::int64_t num_paid = 0;
  std::vector<float> unpaid;
  for (const int episode : episodes) {
    const torch::Tensor rewards = store.read(episode).reward;
    for (std::int64_t t = 1; t < rewards.size(0); ++t) {  // the first step pays for the reset
      const float reward = rewards.data_ptr<float>()[t];
      if (reward > 0.0f) {
        paid += static_cast<double>(reward);
        ++num_paid;
      } else if (t % 16 == 0) {
        unpaid.push_back(reward);
      }
    }
  }
  const auto middle = unpaid.begin() + static_cast<std::ptrdiff_t>(unpaid.size() / 2);
  std::nth_element(unpaid.begin(), middle, unpaid.end());
  return torch::tensor({unpaid.empty() ? 0.0f : *middle,
                        num_paid == 0 ? 1.0f : static_cast<float>(paid / static_cast<double>(num_paid))});
}

struct HeldOutLoss {
  double latent = 0, reward = 0, end = 0;  // as MdnRnnLoss
  double gaussian = 0, last_latent = 0;    // the latent's, for two predictors that know no dynamics
};

// Both baselines are fitted on the very frames they are scored on, which flatters them.
double gaussian_nll(const torch::Tensor& residuals) {  // [n, latent]; nats a dimension
  return (residuals.std(0, false).log() + 0.5 * std::log(2.0 * M_PI) + 0.5).mean().item<double>();
}

class HeldOutLook {
 public:
  HeldOutLook(const Experiment& experiment, const LatentStore& store)
      : config_(experiment.config), store_(store), type_(compute_type(experiment.config.precision)) {
    std::int64_t steps = 0;
    for (const int episode : store.episodes().held_out()) {
      steps += store.episodes().num_steps(episode);
    }
    batch_ = std::min(32, static_cast<int>(store.episodes().held_out().size()));
    windows_ = static_cast<int>(
        std::max<std::int64_t>(1, std::min<std::int64_t>(60, steps / (batch_ * config_.mdn_rnn.window))));
  }

  HeldOutLoss look(const MdnRnn& mdn_rnn) const {
    torch::NoGradGuard no_grad;
    SequenceSampler sampler(store_, store_.episodes().held_out(), batch_, config_.mdn_rnn.window,
                            config_.model.latent_noise, derive_seed(config_.seed, Stream::open_loop, 0, 1));
    torch::Tensor hidden = torch::zeros({batch_, config_.mdn_rnn.mdn_rnn.hidden_size});
    torch::Tensor cell = torch::zeros_like(hidden);
    HeldOutLoss sum;
    std::vector<torch::Tensor> next_latents, changes;
    for (int window = 0; window < windows_; ++window) {
      const SequenceBatch sequence = sampler.next();
      const MdnRnnLoss loss = mdn_rnn->loss(sequence, hidden, cell, type_);
      hidden = loss.hidden;
      cell = loss.cell;
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
  const ExperimentConfig& config_;
  const LatentStore& store_;
  torch::ScalarType type_;
  int batch_, windows_;
};

// Windows in the sampler's order, each made while M learns from the one before: reading episodes takes a third as long
// as an update.
class WindowsAhead {
 public:
  explicit WindowsAhead(std::unique_ptr<SequenceSampler> sampler) : sampler_(std::move(sampler)) { begin(); }
  WindowsAhead(const WindowsAhead&) = delete;
  WindowsAhead& operator=(const WindowsAhead&) = delete;

  SequenceBatch next() {
    SequenceBatch window = next_.get();
    begin();
    return window;
  }

 private:
  void begin() {
    next_ = std::async(std::launch::async, [this] {
      use_one_thread();
      return sampler_->next();
    });
  }

  std::unique_ptr<SequenceSampler> sampler_;
  std::future<SequenceBatch> next_;  // goes first, and waits for its thread, which uses the sampler
};

// The held-out episode with the largest return among those long enough: where something happens. -1: none is.
int most_eventful(const LatentStore& store, std::int64_t min_steps) {
  int best = -1;
  double best_return = 0.0;
  for (const int episode : store.episodes().held_out()) {
    if (store.episodes().num_steps(episode) >= min_steps) {
      const double episode_return = store.read(episode).reward.sum().item<double>();
      if (best < 0 || episode_return > best_return) {
        best = episode;
        best_return = episode_return;
      }
    }
  }
  return best;
}

// A strip: recorded above, dreamed below, from one held-out moment under the recorded actions. Bytes [height, width,
// 3], or undefined where no held-out episode is long enough.
torch::Tensor dream_strip(const VaeMdnRnn& model, const LatentStore& store, double temperature, std::uint64_t seed) {
  constexpr std::int64_t kColumns = 12, kStep = 5, kStart = 100;
  constexpr std::int64_t kEnd = kStart + kColumns * kStep;
  const int index = most_eventful(store, kEnd);
  if (index < 0) {
    return {};
  }
  const LatentEpisode episode = store.read(index);
  const RecordedEpisode recorded = store.episodes().read(index);
  ModelState state = model.initial_state(1);
  Rng rng(derive_seed(seed, Stream::open_loop));
  Noise noise = make_noise(1, model.spec().imagine_normals, model.spec().imagine_uniforms);
  std::vector<torch::Tensor> above, below;
  for (std::int64_t t = 0; t <= kEnd; ++t) {
    const torch::Tensor action =
        episode.action.slice(0, std::max<std::int64_t>(t - 1, 0), std::max<std::int64_t>(t, 1));
    if (t <= kStart) {
      state = model.observe_latent(state, action, episode.latent.mean.slice(0, t, t + 1),
                                   torch::full({1}, t == 0 ? 1.0f : 0.0f));
    } else {
      fill_noise_row(noise, 0, rng);
      state = model.imagine(state, action, static_cast<float>(temperature), noise).state;
    }
    if (t >= kStart && (t - kStart) % kStep == 0) {
      const auto* frame = recorded.frames.data() + static_cast<std::size_t>(t) * recorded.frame_size();
      above.push_back(
          torch::from_blob(const_cast<std::uint8_t*>(frame), {kFrameSize, kFrameSize, 3}, torch::kUInt8).clone());
      below.push_back(model.decode(state)[0].permute({1, 2, 0}).mul(255.0f).round().to(torch::kUInt8));
    }
  }
  return torch::cat({torch::cat(above, 1), torch::cat(below, 1)}, 0).contiguous();
}

Measurements open_loop_measurements(const OpenLoopResult& any, const OpenLoopResult& lost) {
  Measurements values;
  values.push_back({"moments", any.moments});
  for (const int step : {5, 10, 20}) {
    if (any.moments > 0) {
      const std::size_t at = static_cast<std::size_t>(step) - 1;
      values.push_back({str("dream_error_", step), any.dream_error[at]});
      values.push_back({str("frozen_error_", step), any.frozen_error[at]});
    }
  }
  values.push_back({"dream_reward_20", any.dream_reward});
  values.push_back({"recorded_reward_20", any.recorded_reward});
  values.push_back({"lost_moments", lost.moments});
  values.push_back({"lost_dream_reward_25", lost.dream_reward});
  values.push_back({"lost_recorded_reward_25", lost.recorded_reward});
  return values;
}

std::map<std::string, std::string> inputs(const Experiment& experiment, int iteration) {
  std::map<std::string, std::string> inputs = {{"vae", experiment.vae_id(iteration)}};
  if (iteration > 0) {
    inputs["mdn_rnn"] = experiment.mdn_rnn_id(iteration - 1);
  }
  return inputs;
}

void train_mdn_rnn_iteration(Experiment& experiment, int iteration) {
  const ExperimentConfig& config = experiment.config;
  const std::filesystem::path path = experiment.run.mdn_rnn(iteration);
  const int epochs = at_iteration(config.mdn_rnn.training.epochs, iteration);
  const std::map<std::string, std::string> made_from = inputs(experiment, iteration);
  if (is_trained(path, kMdnRnnKind, epochs, made_from)) {
    return;
  }
  const torch::ScalarType type = compute_type(config.precision);
  const Vae vae = experiment.load_vae(iteration);
  const EpisodeStore episodes = experiment.episodes(iteration);
  LatentStore store(episodes, made_from.at("vae"));
  {
    Progress progress("encode " + std::to_string(iteration), "episodes", episodes.size());
    store.encode(vae, type, *experiment.pool, [&progress](int done, int) { progress.update(done); });
  }
  MdnRnn mdn_rnn = iteration == 0 ? experiment.new_mdn_rnn() : experiment.load_mdn_rnn(iteration - 1);
  {
    torch::NoGradGuard no_grad;
    mdn_rnn->reward_levels.copy_(reward_levels(store, episodes.train()));
  }
  const HeldOutLook held_out(experiment, store);

  const TrainingConfig& training = config.mdn_rnn.training;
  const std::int64_t shard_size = training.batch_size / training.shards;
  std::unique_ptr<WindowsAhead> windows;
  SequenceBatch batch;
  std::vector<torch::Tensor> hidden(static_cast<std::size_t>(training.shards)),
      cell(hidden.size());  // carried from window to window

  TrainingTask<MdnRnn> task;
  task.stage = "train-mdn-rnn";
  task.iteration = iteration;
  task.training = training;
  task.checkpoint = experiment.run.iteration(iteration) / "mdn_rnn_checkpoint.safetensors";
  task.made_from = made_from;
  task.make_replica = [&] { return experiment.new_mdn_rnn(); };
  task.begin_epoch = [&](int epoch) {
    windows = std::make_unique<WindowsAhead>(std::make_unique<SequenceSampler>(
        store, episodes.train(), training.batch_size, config.mdn_rnn.window, config.model.latent_noise,
        derive_seed(config.seed, Stream::mdn_rnn_batch, static_cast<std::uint64_t>(iteration),
                    static_cast<std::uint64_t>(epoch))));
    for (std::size_t shard = 0; shard < hidden.size(); ++shard) {
      hidden[shard] = torch::zeros({shard_size, config.mdn_rnn.mdn_rnn.hidden_size});
      cell[shard] = torch::zeros({shard_size, config.mdn_rnn.mdn_rnn.hidden_size});
    }
  };
  task.begin_update = [&](std::int64_t) { batch = windows->next(); };
  task.loss = [&](const MdnRnn& replica, int shard) {
    const std::size_t at = static_cast<std::size_t>(shard);
    const MdnRnnLoss loss =
        replica->loss(batch.rows(shard * shard_size, (shard + 1) * shard_size), hidden[at], cell[at], type);
    hidden[at] = loss.hidden;
    cell[at] = loss.cell;
    return loss.total;
  };
  task.end_epoch = [&]() -> Measurements {
    const HeldOutLoss loss = held_out.look(mdn_rnn);
    return {{"held_out_latent", loss.latent},
            {"held_out_reward", loss.reward},
            {"held_out_end", loss.end},
            {"gaussian_latent", loss.gaussian},
            {"last_latent_gaussian", loss.last_latent}};
  };
  run_training(experiment, mdn_rnn, task);

  const VaeMdnRnn model(vae, mdn_rnn, config.model, config.precision);
  OpenLoopConfig any, lost;
  lost.start = OpenLoopStart::lost;
  lost.horizon = 25;
  const auto on_episode = [&] { experiment.pool->throw_if_ending(); };
  Metrics metrics(experiment.run.metrics());
  const MetricsPlace place = {"open-loop", iteration, 0};
  metrics.resume_at(place);
  metrics.write(place, open_loop_measurements(
                           measure_open_loop(model, store, episodes.held_out(), any, config.seed, on_episode),
                           measure_open_loop(model, store, episodes.held_out(), lost, config.seed, on_episode)));
  const torch::Tensor strip = dream_strip(model, store, config.dream.dream.temperature, config.seed);
  if (strip.defined()) {
    const int height = static_cast<int>(strip.size(0)), width = static_cast<int>(strip.size(1));
    write_png(experiment.run.iteration(iteration) / "dream.png", height, width, numbers_of<std::uint8_t>(strip));
    metrics.image(place, "dream", height, width, numbers_of<std::uint8_t>(strip));
  }
  TensorFile file;
  file.tensors = module_tensors(*mdn_rnn);
  file.metadata = made_from;
  file.metadata["epochs"] = std::to_string(epochs);
  write_tensor_file(path, kMdnRnnKind, file);
}

}  // namespace

Stage train_mdn_rnn_stage() {
  Stage stage;
  stage.name = "train-mdn-rnn";
  stage.help = "encodes what is new and trains M";
  stage.sections = {"mdn_rnn", "model"};
  stage.amount = [](const ExperimentConfig& config, int iteration) {
    return at_iteration(config.mdn_rnn.training.epochs, iteration);
  };
  stage.inputs = inputs;
  stage.outputs = [](const Experiment& experiment, int iteration) -> std::vector<std::filesystem::path> {
    return {experiment.run.mdn_rnn(iteration)};
  };
  stage.run = train_mdn_rnn_iteration;
  return stage;
}

}  // namespace reverie
