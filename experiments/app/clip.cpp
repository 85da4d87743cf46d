#include "experiments/app/clip.h"

#include <algorithm>
#include <cmath>

#include "experiments/report/recorded_play.h"
#include "experiments/run/animated_png.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/showcase.h"
#include "worldmodel/open_loop.h"

namespace reverie {
namespace {

constexpr std::int64_t kWarmUp = 20, kLongest = 100, kShortest = 10;  // steps
constexpr int kFastest = 25;                                          // frames a second
constexpr std::int64_t kScale = 4, kGap = 8;                          // pixels

// [1, 3, height, width] each, side by side and enlarged, as bytes.
std::vector<std::uint8_t> side_by_side(const torch::Tensor& left, const torch::Tensor& right) {
  const auto enlarged = [](const torch::Tensor& frame) {
    return frame.repeat_interleave(kScale, 2).repeat_interleave(kScale, 3);
  };
  const torch::Tensor gap = torch::ones({1, 3, kScale * left.size(2), kGap});
  return frame_bytes(torch::cat({enlarged(left), gap, enlarged(right)}, 3));
}

}  // namespace

std::vector<std::byte> make_clip(const Experiment& experiment, const WorldModel& model, const SavedPolicy& policy) {
  const std::uint64_t seed = showcase_seed(experiment.run).value_or(experiment.config.evaluate.seed);
  const RecordedEpisode episode = play_and_record(experiment, model, policy, {seed}).front();
  const std::int64_t start = std::min<std::int64_t>(kWarmUp, episode.num_steps() / 2);
  const std::int64_t horizon = std::min(kLongest, episode.num_steps() - start);
  if (horizon < kShortest) {
    return {};
  }
  const double pace = experiment.game.steps_per_second;
  const int every = std::max(1, static_cast<int>(std::ceil(pace / kFastest)));
  std::vector<std::vector<std::uint8_t>> frames;
  dream_on(
      model, embed_episode(model, episode), [&](std::int64_t t) { return frame_tensor(episode, t); }, {start},
      static_cast<int>(horizon), static_cast<float>(experiment.config.dream.temperature),
      std::vector<std::uint64_t>{derive_seed(seed, Stream::open_loop)},
      [&](const OpenLoopFrames& step) {
        if (step.step % every == 0) {
          frames.push_back(side_by_side(step.recorded, step.dreamed));
        }
      });
  const std::int64_t height = kScale * episode.height, width = 2 * kScale * episode.width + kGap;
  return encode_animated_png(static_cast<int>(height), static_cast<int>(width), frames,
                             static_cast<int>(std::clamp(1000.0 * every / pace, 1.0, 60000.0)));
}

}  // namespace reverie
