#include "experiments/report/recorded_play.h"

#include <algorithm>

#include "agent/controller.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "experiments/scoring/recorder.h"
#include "worldmodel/encoded_environment.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

std::vector<RecordedEpisode> play_and_record(const Experiment& experiment, const VaeMdnRnn& model,
                                             const std::vector<double>& parameters,
                                             const std::vector<std::uint64_t>& seeds) {
  std::vector<RecordedEpisode> episodes(seeds.size());
  std::vector<EpisodeResult> results(seeds.size());
  const int num_workers = experiment.pool->size();
  EpisodeQueue queue(std::span<const std::uint64_t>(seeds), num_workers);
  const RowSubset subset = EncodedEnvironment::try_rows(model, experiment.config.evaluate.batch_size);
  experiment.pool->run(num_workers, [&](int, int) {
    BatchEnvironment game(experiment.make_game, experiment.config.evaluate.batch_size, kFrameSize, kFrameSize);
    EncodedEnvironment encoded(game, model, subset);
    const EnvironmentSpec& spec = encoded.spec();
    Controller controller(experiment.config.controller, spec.observation_size(), spec.action_size(), spec.batch_size);
    controller.set_all(parameters);
    Recorder recorder(
        game, "controller",
        [&](int index, const RecordedEpisode& episode) { episodes[static_cast<std::size_t>(index)] = episode; },
        *experiment.pool);
    if (!rollout<float>(encoded, controller, queue, results, &recorder)) {
      throw Stopped();
    }
  });
  return episodes;
}

LatentEpisode encode_episode(const VaeMdnRnn& model, const RecordedEpisode& episode) {
  torch::NoGradGuard no_grad;
  constexpr int kTogether = 64;
  const int num_frames = episode.num_steps() + 1;
  std::vector<torch::Tensor> mean, log_variance;
  for (int first = 0; first < num_frames; first += kTogether) {
    const LatentDistribution latent =
        model.encode(frames_to_tensor(episode.frames.data() + static_cast<std::size_t>(first) * episode.frame_size(),
                                      std::min(kTogether, num_frames - first), episode.height, episode.width));
    mean.push_back(latent.mean);
    log_variance.push_back(latent.log_variance);
  }
  LatentEpisode encoded;
  encoded.latent = {torch::cat(mean), torch::cat(log_variance)};
  encoded.action = torch::tensor(episode.actions).view({episode.num_steps(), episode.action_size()});
  encoded.reward = torch::tensor(episode.rewards);
  encoded.terminated = torch::tensor(episode.terminated).to(torch::kFloat32);
  return encoded;
}

torch::Tensor frame_tensor(const RecordedEpisode& episode, std::int64_t t) {
  return frames_to_tensor(episode.frames.data() + static_cast<std::size_t>(t) * episode.frame_size(), 1, episode.height,
                          episode.width);
}

std::vector<std::uint8_t> frame_bytes(const torch::Tensor& frame) {
  const torch::Tensor bytes =
      frame[0].permute({1, 2, 0}).mul(255.0f).round().clamp(0, 255).to(torch::kUInt8).contiguous();
  return {bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel()};
}

}  // namespace reverie
