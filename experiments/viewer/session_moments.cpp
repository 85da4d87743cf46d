// The present of a session, described as the moment that is kept.
#include <cmath>
#include <limits>

#include "agent/plan/cem_planner.h"
#include "env/error.h"
#include "experiments/viewer/pictures.h"
#include "experiments/viewer/session_impl.h"

namespace reverie {

void Session::Impl::keep(const Made& made) {
  torch::NoGradGuard no_grad;
  Kept kept;
  Moment& moment = kept.moment;
  moment.mode = mode;
  moment.seed = game->seed();
  moment.step = game->num_steps();
  moment.action = made.action;
  moment.action.resize(subject.game().action_low.size(), 0.0f);
  moment.by_person = made.by_person;
  moment.end_probability = made.expected.end_probability;
  moment.entropy = made.expected.entropy;
  if (mode == Mode::browse) {
    describe_recording(moment);
    kept.recording = recordings.index();
  } else if (mode != Mode::dream) {
    describe_game(moment, made);
  }
  if (dreaming()) {
    moment.dream_reward = made.moved ? dream->reward()[0] : 0.0f;
    describe_dream(moment, true);
    kept.dream = clone(dream->state());
    kept.dream_return = dream_return_;
    kept.dreamed = dreamed_;
    kept.frozen = frozen_;
  }
  if (made.moved && !made.by_person && mode != Mode::browse) {
    describe_plan(moment);
  }
  describe_ending(moment);
  if (made.moved) {
    add_to_courses(moment);
  }
  kept.game = game->place();
  kept.played = played_;
  kept.recorded = recorded_;
  history.push(std::move(kept));
}

void Session::Impl::add_to_courses(const Moment& moment) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const auto add = [&](Course& course, float reward, float sum) {
    course.reward.push_back(reward);
    course.episode_return.push_back(sum);
    course.end_probability.push_back(moment.end_probability);
    course.entropy.push_back(moment.entropy);
    const bool locked = mode == Mode::locked;
    course.surprise.push_back(dreaming() ? moment.surprise : none);
    course.latent_error.push_back(locked ? moment.latent_error : none);
    course.pixel_error.push_back(locked ? moment.pixel_error : none);
    course.frozen_error.push_back(locked ? moment.frozen_error : none);
    course.action.resize(moment.action.size());
    for (std::size_t i = 0; i < moment.action.size(); ++i) {
      course.action[i].push_back(moment.action[i]);
    }
  };
  if (mode != Mode::dream) {
    add(*played_, moment.reward, moment.episode_return);
  }
  if (dreaming()) {
    add(*dreamed_, moment.dream_reward, moment.dream_return);
  }
}

// "hit after 219 tics", "lap done after 893 steps: 904": the return is left out where it only counts the steps.
void Session::Impl::describe_ending(Moment& moment) const {
  if (!moment.terminated && !moment.truncated) {
    return;
  }
  const bool dreams = mode == Mode::dream || (mode == Mode::locked && moment.end_reason.empty());
  if (dreams) {
    moment.end_reason = moment.terminated ? "the model ended the dream" : "the dream's time is up";
  } else if (moment.end_reason.empty()) {
    moment.end_reason = moment.terminated ? "the end" : "time is up";
  }
  const bool own = mode == Mode::game || mode == Mode::locked;
  const int count = dreams ? moment.dream_step : own ? game->num_own_steps() : moment.step;
  const float sum = dreams ? moment.dream_return : moment.episode_return;
  const std::string& name = own && !dreams ? subject.game().step_name : "step";
  moment.ending = str(moment.end_reason, " after ", count, " ", name, count == 1 ? "" : "s");
  if (std::lround(sum) != count) {
    moment.ending += str(": ", std::lround(sum));
  }
}

// The ends of the best dreams at half their size, the best one in the upper left.
void Session::Impl::describe_plan(Moment& moment) {
  constexpr std::int64_t kSide = 2;
  const auto* const planner =
      dynamic_cast<const Planner*>(mode == Mode::dream ? dream_policy.get() : game_policy.get());
  if (planner == nullptr || planner->outcome(0).empty()) {
    return;
  }
  const PlanOutcome& outcome = planner->outcome(0);
  if (outcome.number != plan_number_) {
    ModelState ends;
    for (const torch::Tensor& part : outcome.ends.parts) {
      const std::int64_t last = part.size(0) - 1;  // repeated where there are fewer than four
      ends.parts.push_back(part.index_select(0, torch::arange(kSide * kSide).clamp_max(last)));
    }
    const torch::Tensor small = torch::avg_pool2d(model->decode(ends), 2);  // [4, 3, height / 2, width / 2]
    const std::int64_t height = small.size(2), width = small.size(3);
    plan_ = to_picture(small.view({kSide, kSide, 3, height, width})
                           .permute({2, 0, 3, 1, 4})
                           .reshape({1, 3, kSide * height, kSide * width}));
    plan_number_ = outcome.number;
  }
  moment.plan = plan_;
}

void Session::Impl::describe_latent(Moment& moment, const Embedding& seen) const {
  if (model->latent() != nullptr) {
    const LatentDistribution latent = model->latent()->latent_distribution(seen);
    moment.latent_mean = to_vector(latent.mean);
    moment.latent_deviation = to_vector(torch::exp(0.5f * latent.log_variance));
    moment.latent = moment.latent_mean;
  }
}

void Session::Impl::describe_game(Moment& moment, const Made& made) const {
  const BatchEnvironment& frames = game->frames();
  const std::vector<int>& shape = frames.spec().observation_shape;
  moment.frame = to_picture(frames.observation(), shape[0], shape[1]);
  moment.reward = made.moved ? frames.reward()[0] : 0.0f;
  moment.episode_return = static_cast<float>(game->episode_return());
  moment.terminated = frames.terminated()[0] != 0;
  moment.truncated = frames.truncated()[0] != 0;
  moment.end_reason = frames.end_reason(0);
  if (model) {
    describe_latent(moment, game->seen());
    moment.reconstruction = to_picture(model->picture_of(game->state(), game->seen()));
    if (model->latent() != nullptr) {
      moment.latent = to_vector(model->latent()->latent_of(game->state()));
    }
    if (const auto& speaker = subject.agent().speaker) {
      moment.sentence = (*speaker)(model->features(game->state()));
    }
  }
}

void Session::Impl::describe_recording(Moment& moment) const {
  const RecordedEpisode& episode = recordings.episode();
  moment.seed = episode.seed;
  moment.step = recordings.at();
  moment.frame = to_picture(recordings.frame(), episode.height, episode.width);
  if (recordings.at() > 0) {
    moment.action.assign(recordings.action().begin(), recordings.action().end());
    moment.reward = recordings.reward();
  }
  moment.episode_return = static_cast<float>(recordings.episode_return());
  moment.terminated = recordings.terminated();
  moment.truncated = recordings.at_end() && !moment.terminated;
  if (model) {
    const Embedding seen = model->embed(to_frame(moment.frame));
    describe_latent(moment, seen);
    moment.reconstruction = to_picture(model->picture_of(seen));
  }
}

void Session::Impl::describe_dream(Moment& moment, bool with_end) const {
  torch::NoGradGuard no_grad;
  const torch::Tensor frame = model->decode(dream->state());
  moment.dream = to_picture(frame);
  moment.dream_step = dream_step_;
  moment.dream_return = static_cast<float>(dream_return_);
  if (const auto& speaker = subject.agent().speaker) {
    moment.dream_sentence = (*speaker)(model->features(dream->state()));
  }
  const LatentView* const view = model->latent();
  if (view != nullptr) {
    moment.latent = to_vector(view->latent_of(dream->state()));
    moment.surprise = surprise_of(moment.latent, workbench->dimensions());
  }
  if (mode == Mode::dream) {
    moment.reward = moment.dream_reward;
    moment.episode_return = moment.dream_return;
  } else {
    if (view != nullptr) {
      moment.latent_error = living_distance(view->latent_of(dream->state()),
                                            view->latent_distribution(game->seen()).mean, workbench->dimensions());
    }
    const torch::Tensor real = to_frame(moment.frame);
    moment.pixel_error = (frame - real).square().mean().item<float>();
    moment.frozen_error = frozen_.defined() ? (frozen_ - real).square().mean().item<float>() : 0.0f;
  }
  if (with_end) {
    const bool terminated = moment.terminated || dream->terminated()[0] != 0;
    moment.truncated = !terminated && (moment.truncated || dream_step_ >= dream->spec().max_episode_steps);
    moment.terminated = terminated;
  }
}

}  // namespace reverie
