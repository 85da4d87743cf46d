#include "experiments/viewer/latent_workbench.h"

#include <algorithm>
#include <cmath>

#include "env/batch_environment.h"
#include "env/discrete.h"
#include "env/error.h"
#include "experiments/viewer/pictures.h"
#include "worldmodel/data/episode_store.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

constexpr float kDead = 0.01f;  // nats
constexpr std::int64_t kRowsTogether = 64;
constexpr std::int64_t kMostFrames = 512;
constexpr int kPlayedSteps = 200;
constexpr int kHeldSteps = 10;  // of one action

}  // namespace

LatentWorkbench::LatentWorkbench(const WatchedModel& model, std::function<torch::Tensor()> sample_frames,
                                 std::uint64_t seed)
    : model_(model), sample_frames_(std::move(sample_frames)), rng_(derive_seed(seed, Stream::viewer)) {}

const std::vector<Session::Dimension>& LatentWorkbench::dimensions() const {
  if (!dimensions_.empty()) {
    return dimensions_;
  }
  torch::NoGradGuard no_grad;
  const torch::Tensor frames = sample_frames_();
  std::vector<torch::Tensor> means, log_variances;
  for (const torch::Tensor& some : frames.split(kRowsTogether)) {
    LatentDistribution latent = model_.encode(some);
    means.push_back(latent.mean);
    log_variances.push_back(latent.log_variance);
  }
  const torch::Tensor mean = torch::cat(means), log_variance = torch::cat(log_variances);
  const std::vector<float> kl = to_vector((0.5f * (mean.square() + log_variance.exp() - log_variance - 1.0f)).mean(0));
  const std::vector<float> middle = to_vector(mean.mean(0)), deviation = to_vector(mean.std(0, false));
  for (std::size_t i = 0; i < kl.size(); ++i) {
    dimensions_.push_back({static_cast<int>(i), kl[i], middle[i], deviation[i], kl[i] < kDead});
  }
  std::stable_sort(dimensions_.begin(), dimensions_.end(),
                   [](const auto& left, const auto& right) { return left.kl > right.kl; });
  return dimensions_;
}

Picture LatentWorkbench::decode(const std::vector<float>& latent) const {
  check_values("latent", latent, model_.latent_size());
  return to_picture(model_.decode_latent(to_row(latent)));
}

Session::Narrowed LatentWorkbench::keep_first(int k, const std::vector<float>& latent, const Picture& picture) const {
  torch::NoGradGuard no_grad;
  check_values("latent", latent, model_.latent_size());
  std::vector<float> narrow = latent;
  for (std::size_t i = static_cast<std::size_t>(std::max(k, 0)); i < dimensions().size(); ++i) {
    narrow[static_cast<std::size_t>(dimensions()[i].index)] = dimensions()[i].mean;
  }
  const torch::Tensor frame = model_.decode_latent(to_row(narrow));
  return {to_picture(frame), (frame - to_frame(picture)).square().mean().item<float>()};
}

std::vector<float> LatentWorkbench::random_latent() {
  std::vector<float> latent(static_cast<std::size_t>(model_.latent_size()));
  rng_.fill_normal(latent);
  return latent;
}

float living_distance(const torch::Tensor& left, const torch::Tensor& right,
                      const std::vector<Session::Dimension>& dimensions) {
  torch::NoGradGuard no_grad;
  std::vector<std::int64_t> living;
  for (const Session::Dimension& dimension : dimensions) {
    if (!dimension.dead) {
      living.push_back(dimension.index);
    }
  }
  torch::Tensor difference = left - right;
  if (!living.empty()) {  // the dead ones are noise: they do not say where the game is
    difference = difference.index_select(1, torch::tensor(living));
  }
  return std::sqrt(difference.square().mean().item<float>());
}

float surprise_of(const std::vector<float>& latent, const std::vector<Session::Dimension>& dimensions) {
  double sum = 0;
  int count = 0;
  for (const Session::Dimension& dimension : dimensions) {
    if (!dimension.dead && dimension.deviation > 0) {
      const float value = latent[static_cast<std::size_t>(dimension.index)];
      const double away = static_cast<double>((value - dimension.mean) / dimension.deviation);
      sum += away * away;
      ++count;
    }
  }
  return count == 0 ? 0.0f : static_cast<float>(std::sqrt(sum / count));
}

void check_values(const char* what, const std::vector<float>& values, int size) {
  if (static_cast<int>(values.size()) != size) {
    throw Error(ErrorKind::usage, str(what, ": expected ", size, " values, found ", values.size()));
  }
  for (const float value : values) {
    if (!std::isfinite(value)) {
      throw Error(ErrorKind::usage, str(what, ": expected finite values, found ", value));
    }
  }
}

torch::Tensor play_for_frames(const GameFactory& make_game, int height, int width, std::uint64_t seed) {
  BatchEnvironment game(make_game, 1, height, width);
  Rng rng(derive_seed(seed, Stream::viewer, 1));
  const int row[] = {0};
  std::vector<float> action(game.spec().action_low.size());
  std::vector<torch::Tensor> frames;
  for (int step = 0; step < kPlayedSteps; ++step) {
    if (!game.live(0)) {
      const std::uint64_t seeds[] = {derive_seed(seed, Stream::viewer, 2, static_cast<std::uint64_t>(step))};
      game.reset(row, seeds);
    }
    if (step % kHeldSteps == 0 && game.spec().actions == ActionKind::discrete) {
      set_one_hot(action, static_cast<std::size_t>(rng.below(action.size())));
    } else if (step % kHeldSteps == 0) {
      for (std::size_t i = 0; i < action.size(); ++i) {
        const float low = game.spec().action_low[i], high = game.spec().action_high[i];
        action[i] = low + (high - low) * rng.uniform();
      }
    }
    game.step(action);
    frames.push_back(frames_to_tensor(game.observation().data(), 1, height, width));
  }
  return torch::cat(frames);
}

torch::Tensor sample_recorded_frames(const EpisodeStore& store, std::uint64_t seed) {
  Rng rng(derive_seed(seed, Stream::viewer, 3));
  std::vector<std::uint8_t> bytes(std::size_t{3} * static_cast<std::size_t>(store.height()) *
                                  static_cast<std::size_t>(store.width()));
  std::vector<torch::Tensor> frames;
  for (std::int64_t i = 0; i < std::min(kMostFrames, store.num_frames()); ++i) {
    const int episode = static_cast<int>(rng.below(static_cast<std::uint64_t>(store.size())));
    const auto frame = rng.below(static_cast<std::uint64_t>(store.num_steps(episode)) + 1);
    store.read_frame(episode, static_cast<int>(frame), bytes);
    frames.push_back(frames_to_tensor(bytes.data(), 1, store.height(), store.width()));
  }
  return torch::cat(frames);
}

}  // namespace reverie
