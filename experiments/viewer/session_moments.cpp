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
  moment.end_probability = made.belief.end_probability;
  moment.mixture_entropy = made.belief.mixture_entropy;
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

void Session::Impl::describe_frame(Moment& moment, const LatentDistribution& seen) const {
  moment.latent_mean = to_vector(seen.mean);
  moment.latent_deviation = to_vector(torch::exp(0.5f * seen.log_variance));
  moment.latent = moment.latent_mean;
  moment.reconstruction = to_picture(model->decode_latent(seen.mean));
}

void Session::Impl::describe_game(Moment& moment, const Made& made) const {
  const BatchEnvironment& frames = game->frames();
  const std::vector<int>& shape = frames.spec().observation_shape;
  moment.frame = to_picture(frames.observation(), shape[0], shape[1]);
  moment.reward = made.moved ? frames.reward()[0] : 0.0f;
  moment.episode_return = static_cast<float>(game->episode_return());
  moment.terminated = frames.terminated()[0] != 0;
  moment.truncated = frames.truncated()[0] != 0;
  if (model) {
    describe_frame(moment, game->seen());
    moment.latent = to_vector(game->state().parts[0]);
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
    describe_frame(moment, model->encode(to_frame(moment.frame)));
  }
}

void Session::Impl::describe_dream(Moment& moment, bool with_end) const {
  torch::NoGradGuard no_grad;
  const torch::Tensor frame = model->decode(dream->state());
  moment.dream = to_picture(frame);
  moment.dream_step = dream_step_;
  moment.dream_return = static_cast<float>(dream_return_);
  moment.latent = to_vector(dream->state().parts[0]);
  if (mode == Mode::dream) {
    moment.reward = moment.dream_reward;
    moment.episode_return = moment.dream_return;
  } else {
    moment.latent_error = living_distance(dream->state().parts[0], game->seen().mean, workbench->dimensions());
    moment.pixel_error = (frame - to_frame(moment.frame)).square().mean().item<float>();
  }
  if (with_end) {
    const bool terminated = moment.terminated || dream->terminated()[0] != 0;
    moment.truncated = !terminated && (moment.truncated || dream_step_ >= dream->spec().max_episode_steps);
    moment.terminated = terminated;
  }
}

}  // namespace reverie
