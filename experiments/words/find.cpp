#include "experiments/words/find.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "env/sentence.h"
#include "experiments/models/saved.h"
#include "experiments/report/recorded_play.h"
#include "experiments/scoring/arena.h"
#include "experiments/scoring/evaluation.h"
#include "experiments/words/moments.h"

namespace reverie {
namespace {

using torch::Tensor;

constexpr int kApart = 50;  // steps

const std::vector<GameAttribute>& attributes_of(const Experiment& experiment) {
  return find_game(experiment.config.game.name).attributes;
}

// The newest iteration with recordings of its own.
int newest_recorded(const Experiment& experiment) {
  const std::vector<int> iterations = experiment.run.iterations();
  for (auto k = iterations.rbegin(); k != iterations.rend(); ++k) {
    if (experiment.num_episodes(*k) > 0 && std::filesystem::exists(episode_path(experiment.run.episodes(*k), 0))) {
      return *k;
    }
  }
  throw Error(ErrorKind::data, str(experiment.run.folder().string(), ": expected recorded episodes, found none"));
}

}  // namespace

FoundMoments find_moments(const Experiment& experiment, int iteration, const std::string& sentence, int count,
                          int every) {
  torch::NoGradGuard no_grad;
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const SavedWords words = load_words(experiment, iteration, model->spec().feature_size);
  const Tensor goal = words.space->sentences({&sentence, 1})[0];
  const EpisodeStore episodes({experiment.run.episodes(newest_recorded(experiment))}, experiment.split_seed());
  const std::unique_ptr<EmbeddedEpisodes> source =
      family_of(experiment.config).embedded(experiment, *model, episodes, iteration);
  std::vector<int> all;
  for (int i = 0; i < episodes.size(); ++i) {
    all.push_back(i);
  }
  const Moments moments = moments_of(experiment, *model, *source, all, every);
  // Beside the other sentences: a moment that is like no other, such as a race's first picture, is near to all of them.
  const Tensor places = words.space->moments(moments.features), scale = words.space->scale();
  const Tensor plain = words.space->sentences(plain_sentences(attributes_of(experiment)));
  const Tensor fit =
      (scale * torch::mv(places, goal) - torch::logsumexp(scale * torch::mm(places, plain.t()), 1)).contiguous();
  const Tensor order = fit.argsort(0, true).contiguous();
  FoundMoments found;
  for (std::int64_t k = 0; k < order.numel() && static_cast<int>(found.best.size()) < count; ++k) {
    const auto at = static_cast<std::size_t>(order.data_ptr<std::int64_t>()[k]);
    const int episode = moments.episode[at], step = moments.step[at];
    const bool near = std::any_of(found.best.begin(), found.best.end(), [&](const FoundMoment& other) {
      return other.recording == episode && std::abs(other.step - step) < kApart;
    });
    if (!near) {
      found.best.push_back({episode, step, static_cast<double>(fit.data_ptr<float>()[at]),
                            plainly(attributes_of(experiment), moments.values[at])});
    }
  }
  std::vector<Tensor> frames;
  for (const FoundMoment& moment : found.best) {
    const RecordedEpisode episode = episodes.read(moment.recording);
    const std::vector<std::uint8_t> bytes = frame_bytes(frame_tensor(episode, moment.step));
    frames.push_back(torch::tensor(bytes, torch::kUInt8).view({episode.height, episode.width, 3}));
  }
  if (!frames.empty()) {
    const Tensor strip = torch::cat(frames, 1).contiguous();
    found.height = static_cast<int>(strip.size(0));
    found.width = static_cast<int>(strip.size(1));
    found.strip.assign(strip.data_ptr<std::uint8_t>(), strip.data_ptr<std::uint8_t>() + strip.numel());
  }
  return found;
}

GoalReport measure_goal(const Experiment& experiment, int iteration, int episodes) {
  torch::NoGradGuard no_grad;
  const DreamConfig& dream = experiment.config.dream;
  const std::vector<GameAttribute>& attributes = attributes_of(experiment);
  const std::optional<Saying> saying = understood(attributes, dream.goal);
  if (dream.reward != DreamReward::words || !saying) {
    throw Error(ErrorKind::config, str("dream.reward, dream.goal: expected words, and a goal of the game's own words, "
                                       "found '",
                                       dream.goal, "'"));
  }
  const std::unique_ptr<WorldModel> model = load_world_model(experiment, iteration);
  const SavedWords words = load_words(experiment, iteration, model->spec().feature_size);
  const WordGoal goal = goal_of(words, attributes, dream.goal, dream.baseline);
  const SavedPolicy policy = load_controller(experiment, iteration, -1).policy;
  const std::vector<std::uint64_t> seeds =
      evaluation_seeds(experiment.config.evaluate.seed + kReportSeedOffset, episodes);
  struct Shares {
    double words = 0, truth = 0, steps = 0;
  };
  const auto play = [&](const SavedPolicy& player) {
    const std::vector<RecordedEpisode> recorded = play_and_record(experiment, *model, player, seeds);
    std::vector<Shares> each(recorded.size());
    experiment.pool->run(static_cast<int>(recorded.size()), [&](int task, int) {
      torch::NoGradGuard no_grad_here;
      const auto i = static_cast<std::size_t>(task);
      const Tensor met =
          goal.is_met(*words.space, features_along(*model, embed_episode(*model, recorded[i]), recorded[i].seed));
      const std::vector<Saying> values = values_along(experiment, recorded[i]);
      for (std::size_t t = 1; t < values.size(); ++t) {  // after each step, as a dream pays
        each[i].truth += is_true(*saying, values[t]) ? 1.0 : 0.0;
        each[i].words += met[static_cast<std::int64_t>(t)].item<double>();
        each[i].steps += 1.0;
      }
    });
    Shares sum;
    for (const Shares& of_episode : each) {
      sum.words += of_episode.words;
      sum.truth += of_episode.truth;
      sum.steps += of_episode.steps;
    }
    return Shares{sum.words / sum.steps, sum.truth / sum.steps, sum.steps};
  };
  GoalReport report;
  report.goal = dream.goal;
  report.episodes = episodes;
  const Shares learnt = play(policy), untrained = play(zeroed(policy));
  report.words = learnt.words;
  report.truth = learnt.truth;
  report.untrained = untrained.truth;
  double paid = 0.0, steps = 0.0;
  for (const EpisodeResult& result : play_in_dream(experiment, *model, iteration, policy, true, dream.horizon, seeds)) {
    paid += result.episode_return;
    steps += result.episode_length;
  }
  report.dream = paid / steps;
  return report;
}

std::string goal_in_short(const GoalReport& report) {
  const auto percent = [](double share) { return str(std::llround(1000.0 * share) / 10.0, " %"); };
  return str("\"", report.goal, "\", shares of steps in ", report.episodes, " games: the dream pays ",
             percent(report.dream), ", the same words say so of the game ", percent(report.words), ", it is so ",
             percent(report.truth), "; with an untrained C it is so ", percent(report.untrained));
}

}  // namespace reverie
