#include "experiments/report/recorded_play.h"

#include <algorithm>

#include "agent/make_policy.h"
#include "env/batch_environment.h"
#include "env/error.h"
#include "experiments/scoring/recorder.h"
#include "worldmodel/encoded_environment.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {

std::vector<RecordedEpisode> play_and_record(const Experiment& experiment, const WorldModel& model,
                                             const SavedPolicy& policy, const std::vector<std::uint64_t>& seeds) {
  std::vector<RecordedEpisode> episodes(seeds.size());
  std::vector<EpisodeResult> results(seeds.size());
  const int num_workers = experiment.pool->size();
  EpisodeQueue queue(std::span<const std::uint64_t>(seeds), num_workers);
  const RowSubset subset = EncodedEnvironment::try_rows(model, experiment.config.evaluate.batch_size);
  experiment.pool->run(num_workers, [&](int, int) {
    BatchEnvironment game(experiment.make_game, experiment.config.evaluate.batch_size, model.spec().frame_height,
                          model.spec().frame_width);
    EncodedEnvironment encoded(game, model, subset);
    const std::unique_ptr<Policy<float>> player = make_policy(policy, encoded, experiment.config.controller);
    Recorder recorder(
        game, "controller",
        [&](int index, const RecordedEpisode& episode) { episodes[static_cast<std::size_t>(index)] = episode; },
        *experiment.pool);
    if (!rollout<float>(encoded, *player, queue, results, &recorder)) {
      throw Stopped();
    }
  });
  return episodes;
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
