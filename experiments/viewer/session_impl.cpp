#include "experiments/viewer/session_impl.h"

#include <algorithm>
#include <cmath>

#include "env/discrete.h"
#include "env/error.h"
#include "experiments/viewer/pictures.h"
#include "worldmodel/nn/tensor_math.h"

namespace reverie {
namespace {

constexpr int kRow[1] = {0};

bool ended(const Moment& moment) {
  return moment.terminated || moment.truncated;
}

}  // namespace

Session::Impl::Impl(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides,
                    bool with_planner)
    : subject(run_or_config, overrides, with_planner ? Driver::planner : Driver::controller),
      recordings(subject.recordings(), subject.config().seed, frame_height(), frame_width()),
      temperature(subject.config().dream.temperature) {
  make_environments();
  reset(0);
}

void Session::Impl::make_environments() {
  game_policy.reset();
  dream_policy.reset();
  workbench.reset();
  dream.reset();
  game.reset();
  model.reset();
  if (subject.model() != nullptr) {
    model = std::make_unique<WatchedModel>(*subject.model(), timings);
    nowhere_ = {model->initial_state(1), {1}, {0}};
    DreamConfig config = subject.config().dream;
    config.temperature = temperature;
    config.horizon = subject.game().max_episode_steps;
    config.starts = {};
    config.pay_cap.window = 0;  // as in scores: all rewards of the dream count
    dream = std::make_unique<DreamEnvironment>(*model, nowhere_, config, subject.game().action_low,
                                               subject.game().action_high, 1, subject.game().actions);
    const auto sample_frames = [this] {
      const std::uint64_t seed = subject.config().seed;
      return recordings.size() > 0 ? sample_recorded_frames(recordings.store(), seed)
                                   : play_for_frames(subject.make_game(), frame_height(), frame_width(), seed);
    };
    if (model->latent() != nullptr) {
      workbench = std::make_unique<LatentWorkbench>(*model, sample_frames, subject.config().seed);
    }
  }
  game = std::make_unique<LoggedGame>(subject.make_game(), frame_height(), frame_width(), model.get(), timings);
  make_policies();
}

void Session::Impl::make_policies() {
  game_policy.reset();
  dream_policy.reset();
  if (model && subject.policy() != nullptr) {
    game_policy = make_policy(*subject.policy(), game->features(), subject.config().controller);
    dream_policy = make_policy(*subject.policy(), *dream, subject.config().controller);
  }
}

void Session::Impl::begin_policies() {
  plan_number_ = 0;
  for (Policy<float>* policy : {game_policy.get(), dream_policy.get()}) {
    if (policy != nullptr) {
      policy->begin(0, {0, game->seed()});
    }
  }
}

void Session::Impl::take_model() {
  const std::uint64_t seed = game->seed();
  const std::vector<float> actions = game->actions();
  make_environments();
  game->replay(seed, actions);
  played_->keep_first(game->num_steps());
  begin_policies();
  end_dream();
  history.clear();  // the moments before are the other model's
  if (mode == Mode::dream || mode == Mode::locked) {
    if (game->live()) {
      begin_dream(encoded_state(), fresh_seed());
    } else {
      mode = Mode::game;
    }
  }
  keep({});
}

std::string Session::Impl::why_not(Mode wanted) const {
  if ((wanted == Mode::dream || wanted == Mode::locked) && !model) {
    return subject.why_no_model();
  }
  if (wanted == Mode::browse && recordings.size() == 0) {
    return "this run has no recorded episodes: one that was given away keeps none, and one that trains has them soon";
  }
  return "";
}

std::string Session::Impl::set_mode(Mode wanted) {
  const std::string refusal = why_not(wanted);
  if (!refusal.empty() || wanted == history.now().moment.mode) {
    return refusal;
  }
  resume();
  if (wanted == Mode::browse) {
    const bool is_open = recordings.index() >= 0;
    open_recording(is_open ? recordings.index() : 0, is_open ? recordings.at() : 0);
    return "";
  }
  if (wanted == Mode::dream && mode == Mode::locked) {
    mode = wanted;  // the same dream goes on alone
    keep({});
    return "";
  }
  if (wanted == Mode::dream && mode == Mode::game && !game->live() && subject.starts() != nullptr) {
    return start_dream_anew();
  }
  if (wanted != Mode::game) {
    return start_dream_here(wanted);
  }
  mode = wanted;  // the game goes on where it was
  end_dream();
  keep({});
  return "";
}

std::string Session::Impl::choose(SavedPoint point) {
  const std::vector<SavedPoint> saved = subject.saved_points();
  const bool found = std::any_of(saved.begin(), saved.end(), [&point](const SavedPoint& other) {
    return other.iteration == point.iteration && other.generation == point.generation;
  });
  if (!found) {
    return str(subject.title(), ": iteration ", point.iteration, " has no generation ", point.generation);
  }
  const bool changed = subject.load(point);
  follower.reset();
  if (changed) {
    take_model();
  } else {
    make_policies();
    begin_policies();
  }
  return "";
}

void Session::Impl::reload() {
  if (subject.load_newest()) {
    take_model();
  } else {
    make_policies();
    begin_policies();
  }
  if (mode != Mode::browse && take_recordings()) {
    keep({});
  }
  follow(follow_);
}

void Session::Impl::follow(Follow how) {
  follow_ = how;
  follower.reset();
  if (how != Follow::no) {
    follower = subject.follow(how == Follow::beside);
  }
}

bool Session::Impl::take_newer() {
  std::optional<LoadedAgent> newer = follower ? follower->take() : std::nullopt;
  if (!newer) {
    return false;
  }
  if (subject.take(std::move(*newer))) {
    make_environments();
    history.clear();  // the moments are the other model's
  } else {
    make_policies();
  }
  take_recordings();
  return true;
}

bool Session::Impl::take_recordings() {
  std::vector<std::filesystem::path> paths = subject.recordings();
  if (paths == recordings.paths()) {
    return false;
  }
  recordings = Recordings(std::move(paths), subject.config().seed, frame_height(), frame_width());
  history.clear();  // some moments may be of the recordings before
  return true;
}

void Session::Impl::resume() {
  if (!history.looking_back()) {
    return;
  }
  const Kept& kept = history.now();
  game->go_to(kept.game);
  played_ = kept.played;
  played_->keep_first(kept.game.step);
  recorded_ = kept.recorded;
  begin_policies();
  mode = kept.moment.mode;
  end_dream();
  if (!kept.dream.parts.empty()) {
    begin_dream(kept.dream, fresh_seed());
    dream_step_ = kept.moment.dream_step;
    dream_return_ = kept.dream_return;
    frozen_ = kept.frozen;
    dreamed_ = kept.dreamed;
    dreamed_->keep_first(dream_step_);
  }
  if (mode == Mode::browse) {
    recordings.open(kept.recording, kept.moment.step);
  }
  history.forget_later();
}

std::string Session::Impl::reset(std::uint64_t seed) {
  if (history.size() > 0) {
    mode = history.now().moment.mode;
  }
  if (mode == Mode::browse) {
    open_recording(history.now().recording, 0);
    return "";
  }
  const bool is_new = take_newer();
  const StartStates* starts = mode == Mode::dream ? subject.starts() : nullptr;
  game->reset(seed);
  played_ = std::make_shared<Course>();
  begin_policies();
  num_dreams_ = 0;
  end_dream();
  if (starts != nullptr) {
    Rng rng(derive_seed(seed, Stream::start_state));
    const StartConfig first_frames;
    const int chosen[] = {starts->choose(first_frames, rng)};
    begin_dream(gather(starts->states, chosen), seed);
  } else if (mode != Mode::game) {
    begin_dream(encoded_state(), fresh_seed());
  }
  keep({});
  return is_new ? "now driving with " + subject.agent().in_words() : "";
}

void Session::Impl::open_recording(int index, int frame) {
  recordings.open(index, frame);
  recorded_ = std::make_shared<Course>(recordings.course());
  mode = Mode::browse;
  end_dream();
  keep({});
}

std::string Session::Impl::start_dream_here(Mode wanted) {
  REVERIE_CHECK(wanted == Mode::dream || wanted == Mode::locked, ==, true);
  const std::string refusal = why_not(wanted);
  if (!refusal.empty()) {
    return refusal;
  }
  if (wanted == Mode::locked && workbench) {
    workbench->dimensions();  // its moments need them: an Error of the frames they come from leaves all as it was
  }
  resume();
  if (mode == Mode::browse) {
    game->replay(recordings.episode().seed, recordings.actions_before());
    played_ = std::make_shared<Course>(recorded_->first(game->num_steps()));
    begin_policies();
  }
  if (!game->live()) {
    return "the episode is over and no dream begins here: n plays the next one";
  }
  mode = wanted;
  begin_dream(encoded_state(), fresh_seed());
  keep({});
  return "";
}

std::string Session::Impl::start_dream_anew() {
  const std::string refusal = why_not(Mode::dream);
  if (!refusal.empty()) {
    return refusal;
  }
  const StartStates* starts = subject.starts();
  if (starts == nullptr) {
    return start_dream_here(Mode::dream);
  }
  resume();
  mode = Mode::dream;
  const std::uint64_t seed = fresh_seed();
  Rng rng(derive_seed(seed, Stream::start_state));
  const int chosen[] = {static_cast<int>(rng.below(static_cast<std::uint64_t>(starts->size())))};
  begin_dream(gather(starts->states, chosen), seed);
  keep({});
  return "";
}

void Session::Impl::begin_dream(const ModelState& from, std::uint64_t seed) {
  const std::uint64_t seeds[] = {seed};
  dream->start(kRow, from, seeds);
  if (dream_policy) {
    dream_policy->begin(0, {0, seed});
  }
  dream_step_ = 0;
  dream_return_ = 0;
  dreamed_ = std::make_shared<Course>();
  frozen_ = mode == Mode::locked ? model_frame() : torch::Tensor();
}

torch::Tensor Session::Impl::model_frame() const {
  const std::vector<int>& shape = game->frames().spec().observation_shape;
  return frames_to_tensor(game->frames().observation().data(), 1, shape[0], shape[1]);
}

bool Session::Impl::redream_is_due() const {
  if (mode != Mode::locked || !dreaming() || !game->live()) {
    return false;
  }
  switch (redream.when) {
    case Redream::When::never:
      return false;
    case Redream::When::worthless:
      return divergence_step(*dreamed_) > 0;
    case Redream::When::every:
      return dream_step_ >= redream.steps;
  }
  return false;
}

// One second before the last reward: at the last reward itself it may be too late to turn.
std::string Session::Impl::look_at_paid() {
  const Kept& now = history.now();
  const auto same = [&](int index) {
    return index >= 0 && history[index].moment.mode == now.moment.mode && history[index].course() == now.course();
  };
  int paid = history.looking_at();
  while (same(paid) && history[paid].moment.reward <= 0) {
    --paid;
  }
  if (!same(paid)) {
    return "nothing was paid in the moments that are kept: r plays the episode again";
  }
  int from = paid;
  const int second = static_cast<int>(std::lround(subject.game().steps_per_second));
  while (paid - from < second && same(from - 1)) {
    --from;
  }
  const int back = history.looking_at() - from;
  history.look_at(from);
  return str(back, " steps back");
}

ModelState Session::Impl::encoded_state() const {
  const LatentView* const view = model->latent();
  return clone(view != nullptr ? view->with_latent(game->state(), view->latent_distribution(game->seen()).mean)
                               : game->state());
}

std::uint64_t Session::Impl::fresh_seed() {
  return derive_seed(game->seed(), Stream::viewer, 4, ++num_dreams_);
}

std::vector<float> Session::Impl::choose_action(const std::optional<PersonAction>& person) {
  const GameSpec& spec = subject.game();
  std::vector<float> action(spec.action_low.size(), 0.0f);
  if (person) {
    check_values("action", person->values, static_cast<int>(action.size()));
    REVERIE_CHECK(person->mine.size(), ==, action.size());
  }
  const bool all_mine = person && std::all_of(person->mine.begin(), person->mine.end(), [](bool mine) { return mine; });
  if (game_policy && !all_mine) {
    const Stopwatch watch(timings.controller);
    if (mode == Mode::dream) {
      dream_policy->act(dream->observation(), action);
    } else {
      game_policy->act(game->features().observation(), action);
    }
    if (!person) {
      return action;
    }
  }
  for (std::size_t i = 0; person && i < action.size(); ++i) {
    action[i] = person->mine[i] ? person->values[i] : action[i];
  }
  if (spec.actions == ActionKind::discrete) {
    play_largest(action);
  }
  for (std::size_t i = 0; i < action.size(); ++i) {
    action[i] = std::clamp(action[i], spec.action_low[i], spec.action_high[i]);
  }
  return action;
}

void Session::Impl::step(const std::optional<PersonAction>& person) {
  if (ended(history.now().moment)) {
    return;
  }
  resume();
  timings = {};
  if (redream_is_due()) {
    begin_dream(encoded_state(), fresh_seed());
  }
  if (mode == Mode::browse) {
    recordings.advance();
    keep({});
    return;
  }
  Made made;
  made.action = choose_action(person);
  made.by_person = person.has_value();
  made.moved = true;
  if (model) {
    made.expected = model->expect(dreaming() ? dream->state() : game->state(), to_row(made.action));
  }
  if (mode != Mode::dream) {
    game->step(made.action);
  }
  if (dreaming()) {
    dream->step(made.action);
    ++dream_step_;
    dream_return_ += static_cast<double>(dream->reward()[0]);
  }
  keep(made);
}

void Session::Impl::set_latent(const std::vector<float>& latent) {
  if (!workbench) {
    return;
  }
  check_values("latent", latent, model->latent_size());
  workbench_latent = latent;
  const Mode looked_at = history.now().moment.mode;
  if (looked_at != Mode::dream && looked_at != Mode::locked) {
    return;
  }
  resume();
  const ModelState state = clone(model->latent()->with_latent(dream->state(), to_row(latent)));
  const std::uint64_t seeds[] = {fresh_seed()};
  dream->start(kRow, state, seeds);
  history.newest().dream = state;
  Moment& moment = history.newest().moment;
  describe_dream(moment, false);
  if (dreamed_->size() > 0) {  // the step's values are now those of the new latent
    dreamed_->surprise.back() = moment.surprise;
    if (mode == Mode::locked) {
      dreamed_->latent_error.back() = moment.latent_error;
      dreamed_->pixel_error.back() = moment.pixel_error;
    }
  }
}

}  // namespace reverie
