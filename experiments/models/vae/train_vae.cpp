// train-vae: trains V on random frames of the recorded episodes of all iterations so far.
#include <algorithm>

#include "experiments/models/training_loop.h"
#include "experiments/models/vae/stage.h"
#include "experiments/models/vae/weights.h"
#include "experiments/run/png.h"
#include "worldmodel/nn/tensor_math.h"
#include "worldmodel/vae/latent_store.h"

namespace reverie {
namespace {

constexpr int kHeldOutFrames = 512;
constexpr int kGridColumns = 8;  // of the picture with pairs: recorded above, reconstructed below
constexpr int kGridPairs = 4;

// Frames of some episodes by one running number.
class FramePicker {
 public:
  FramePicker(const EpisodeStore& store, const std::vector<int>& episodes) : store_(store), episodes_(episodes) {
    for (const int episode : episodes) {
      ends_.push_back((ends_.empty() ? 0 : ends_.back()) + store.num_steps(episode) + 1);
    }
  }

  // `count` frames chosen evenly at random: uint8 [count, height, width, 3].
  torch::Tensor pick(Rng& rng, int count) const {
    const std::size_t size = static_cast<std::size_t>(store_.height()) * static_cast<std::size_t>(store_.width()) * 3;
    const torch::Tensor frames = torch::empty({count, store_.height(), store_.width(), 3}, torch::kUInt8);
    const std::span<std::uint8_t> bytes(frames.data_ptr<std::uint8_t>(), size * static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto number = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(ends_.back())));
      const auto found = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), number) - ends_.begin());
      const std::int64_t begin = found == 0 ? 0 : ends_[found - 1];
      store_.read_frame(episodes_[found], static_cast<int>(number - begin), bytes.subspan(i * size, size));
    }
    return frames;
  }

 private:
  const EpisodeStore& store_;
  const std::vector<int>& episodes_;
  std::vector<std::int64_t> ends_;
};

// [count, 3, height, width], 0 to 1.
torch::Tensor as_seen(const torch::Tensor& frames) {
  return frames_to_tensor(frames.data_ptr<std::uint8_t>(), frames.size(0), frames.size(1), frames.size(2));
}

// Recorded frames with their reconstructions below: bytes [height, width, 3].
torch::Tensor reconstruction_grid(const Vae& vae, const torch::Tensor& frames, torch::ScalarType type) {
  const torch::Tensor reconstructed = vae->decode(vae->encode(frames, type).mean, type);
  std::vector<torch::Tensor> rows;
  for (int pair = 0; pair < kGridPairs; ++pair) {
    for (const torch::Tensor& images : {frames, reconstructed}) {
      const auto row = images.slice(0, pair * kGridColumns, (pair + 1) * kGridColumns);
      rows.push_back(row.permute({2, 0, 3, 1}).reshape({kFrameSize, kGridColumns * kFrameSize, 3}));
    }
  }
  return torch::cat(rows).mul(255.0f).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

// Histograms of held-out frames' latents: the means, and the mean KL of each dimension, which is 0 where a dimension is
// unused.
void show_latents(Metrics& metrics, const MetricsPlace& place, const LatentDistribution& latent) {
  const torch::Tensor mean = latent.mean.contiguous();
  const torch::Tensor kl =
      (0.5 * (mean.square() + latent.log_variance.exp() - latent.log_variance - 1.0)).mean(0).contiguous();
  metrics.histogram(place, "latent_mean", numbers_of<float>(mean));
  metrics.histogram(place, "kl_per_dimension", numbers_of<float>(kl));
}

// How much the run's precision changes what C and M see: the latent means' deviation from float32's, root mean square,
// in units of the latent's own deviation over the frames.
double precision_error(const Vae& vae, const torch::Tensor& frames, torch::ScalarType type) {
  const torch::Tensor exact = vae->encode(frames, torch::kFloat32).mean;
  const torch::Tensor error = vae->encode(frames, type).mean - exact;
  return (error.square().mean() / exact.var(0, false).mean().clamp_min(1e-12)).sqrt().item<double>();
}

struct HeldOut {
  torch::Tensor frames, normals;
  double mean_frame_error = 0;  // squared error of always reconstructing the mean training frame
};

HeldOut prepare_held_out(const Experiment& experiment, const EpisodeStore& store, int iteration) {
  Rng rng(
      derive_seed(experiment.config.seed, Stream::vae_batch, static_cast<std::uint64_t>(iteration), ~std::uint64_t{0}));
  HeldOut held_out;
  held_out.frames = as_seen(FramePicker(store, store.held_out()).pick(rng, kHeldOutFrames));
  held_out.normals = torch::empty({kHeldOutFrames, VaeSettings::of(experiment.config).vae.latent_size});
  rng.fill_normal({held_out.normals.data_ptr<float>(), static_cast<std::size_t>(held_out.normals.numel())});
  const torch::Tensor mean = as_seen(FramePicker(store, store.train()).pick(rng, 4 * kHeldOutFrames)).mean(0, true);
  held_out.mean_frame_error = (held_out.frames - mean).square().sum().item<double>() / kHeldOutFrames;
  return held_out;
}

// inputs: frames and normals.
ShardEquipment<Vae>::Loss shard_loss(const ExperimentConfig& config) {
  return [type = compute_type(config.precision)](const Vae& replica, const std::vector<torch::Tensor>& inputs) {
    return ShardLoss{vae_loss(replica, as_seen(inputs.at(0)), inputs.at(1), type).total, {}};
  };
}

std::map<std::string, std::string> inputs(const Experiment& experiment, int iteration) {
  std::map<std::string, std::string> inputs;
  if (iteration > 0) {
    inputs["vae"] = vae_identity(experiment, iteration - 1);
  }
  return inputs;
}

void train_vae_iteration(Experiment& experiment, const ExperimentConfig& config, int iteration) {
  const VaeStageConfig& settings = VaeSettings::of(config);
  const std::filesystem::path path = vae_path(experiment.run, iteration);
  const int epochs = settings.training.epochs;
  const std::map<std::string, std::string> made_from = inputs(experiment, iteration);
  if (epochs == 0 && iteration > 0) {  // frozen: the same file, so that latents stay valid
    if (!std::filesystem::exists(path) || vae_identity(experiment, iteration) != made_from.at("vae")) {
      write_file_atomically(path, read_file(vae_path(experiment.run, iteration - 1)));
    }
    return;
  }
  if (is_trained(path, kVaeKind, epochs, made_from)) {
    return;
  }
  Vae vae = iteration == 0 ? new_vae(experiment.config) : load_vae(experiment, iteration - 1);

  const EpisodeStore store = experiment.episodes(iteration);
  const FramePicker train(store, store.train());
  const HeldOut held_out = prepare_held_out(experiment, store, iteration);
  const torch::ScalarType type = compute_type(config.precision);
  const int shard_size = settings.training.batch_size / settings.training.shards;

  TrainingTask<Vae> task;
  task.stage = "train-vae";
  task.iteration = iteration;
  task.training = settings.training;
  task.checkpoint = experiment.run.iteration(iteration) / "vae_checkpoint.safetensors";
  task.made_from = made_from;
  task.make_replica = [&] { return new_vae(experiment.config); };
  task.inputs = [&](std::int64_t update, int shard) -> std::vector<torch::Tensor> {
    const auto draw = static_cast<std::uint64_t>(update) * static_cast<std::uint64_t>(settings.training.shards) +
                      static_cast<std::uint64_t>(shard);
    Rng frame_rng(derive_seed(config.seed, Stream::vae_batch, static_cast<std::uint64_t>(iteration), draw));
    Rng noise_rng(derive_seed(config.seed, Stream::vae_noise, static_cast<std::uint64_t>(iteration), draw));
    const torch::Tensor normals = torch::empty({shard_size, settings.vae.latent_size});
    noise_rng.fill_normal({normals.data_ptr<float>(), static_cast<std::size_t>(normals.numel())});
    return {train.pick(frame_rng, shard_size), normals};
  };
  task.loss = shard_loss(experiment.config);
  const auto check_latents = [&] {
    torch::NoGradGuard no_grad;
    if (const std::string fault = fault_of(vae->encode(held_out.frames, type)); !fault.empty()) {
      throw Error(ErrorKind::other, str("train-vae: V has diverged in iteration ", iteration, ": held-out ", fault,
                                        "; try a smaller learning_rate or a gradient_clip"));
    }
  };
  task.end_epoch = [&]() -> Measurements {
    torch::NoGradGuard no_grad;
    check_latents();  // before anything of this epoch is kept
    const VaeLoss loss = vae_loss(vae, held_out.frames, held_out.normals, type);
    return {{"held_out_reconstruction", loss.reconstruction},
            {"held_out_kl", loss.kl},
            {"mean_frame_error", held_out.mean_frame_error},
            {"precision_error", precision_error(vae, held_out.frames, type)}};
  };
  const torch::Tensor grid_frames = held_out.frames.slice(0, 0, kGridColumns * kGridPairs);
  task.show = [&](Metrics& metrics, const MetricsPlace& place) {
    torch::NoGradGuard no_grad;
    show_latents(metrics, place, vae->encode(held_out.frames, type));
    const torch::Tensor grid = reconstruction_grid(vae, grid_frames, type);
    metrics.image(place, "reconstructions", static_cast<int>(grid.size(0)), static_cast<int>(grid.size(1)),
                  numbers_of<std::uint8_t>(grid));
  };
  const std::map<std::string, torch::Tensor> update = run_training(experiment, vae, task);
  check_latents();  // where all epochs were trained in an earlier session
  torch::NoGradGuard no_grad;
  const torch::Tensor grid = reconstruction_grid(vae, grid_frames, type);
  write_png(experiment.run.iteration(iteration) / "reconstructions.png", static_cast<int>(grid.size(0)),
            static_cast<int>(grid.size(1)), numbers_of<std::uint8_t>(grid));
  write_adapter(path, update, made_from);
  write_trained(path, kVaeKind, vae, epochs, made_from, str("train-vae: V of iteration ", iteration));
}

}  // namespace

Stage train_vae_stage() {
  Stage stage;
  stage.name = "train-vae";
  stage.help = "trains V on the recorded frames";
  stage.sections = {"vae"};
  stage.amount = [](const ExperimentConfig& config) -> int { return VaeSettings::of(config).training.epochs; };
  stage.inputs = inputs;
  stage.outputs = [](const Experiment& experiment, const ExperimentConfig&,
                     int iteration) -> std::vector<std::filesystem::path> {
    return {vae_path(experiment.run, iteration)};
  };
  stage.run = train_vae_iteration;
  stage.equip = [](const Experiment& experiment, WorkerPool& pool) {
    const ExperimentConfig& config = experiment.config;
    return std::make_unique<ShardEquipment<Vae>>([&config] { return new_vae(config); }, shard_loss(config), pool);
  };
  return stage;
}

}  // namespace reverie
