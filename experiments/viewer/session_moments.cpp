// The present of a session, described as the moment that is kept.
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
  }
  kept.game = game->place();
  history.push(std::move(kept));
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
  const LatentView* const view = model->latent();
  if (view != nullptr) {
    moment.latent = to_vector(view->latent_of(dream->state()));
  }
  if (mode == Mode::dream) {
    moment.reward = moment.dream_reward;
    moment.episode_return = moment.dream_return;
  } else {
    if (view != nullptr) {
      moment.latent_error = living_distance(view->latent_of(dream->state()),
                                            view->latent_distribution(game->seen()).mean, workbench->dimensions());
    }
    moment.pixel_error = (frame - to_frame(moment.frame)).square().mean().item<float>();
  }
  if (with_end) {
    const bool terminated = moment.terminated || dream->terminated()[0] != 0;
    moment.truncated = !terminated && (moment.truncated || dream_step_ >= dream->spec().max_episode_steps);
    moment.terminated = terminated;
  }
}

}  // namespace reverie
