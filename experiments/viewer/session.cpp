#include "experiments/viewer/session.h"

#include <cmath>
#include <numeric>

#include "env/error.h"
#include "experiments/viewer/session_impl.h"

namespace reverie {

const char* to_string(Mode mode) {
  switch (mode) {
    case Mode::game:
      return "game";
    case Mode::dream:
      return "dream";
    case Mode::locked:
      return "locked";
    case Mode::browse:
      return "browse";
  }
  return "?";
}

Session::Session(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides,
                 bool with_planner)
    : impl_(std::make_unique<Impl>(run_or_config, overrides, with_planner)) {}
Session::~Session() = default;

bool Session::has_model() const {
  return impl_->model != nullptr;
}

bool Session::has_belief() const {
  return impl_->subject.model() != nullptr && impl_->subject.model()->belief() != nullptr;
}

bool Session::has_controller() const {
  return impl_->subject.policy() != nullptr;
}

int Session::num_recordings() const {
  return impl_->recordings.size();
}

const GameSpec& Session::game() const {
  return impl_->subject.game();
}

const std::vector<GameKey>& Session::keys() const {
  return find_game(impl_->subject.config().game.name).keys;
}

std::string Session::name() const {
  return impl_->subject.name();
}

std::uint64_t Session::showcase_seed() const {
  return impl_->subject.showcase_seed();
}

std::string Session::driving() const {
  return impl_->subject.agent().in_words();
}

std::string Session::title() const {
  return impl_->subject.title();
}

Mode Session::mode() const {
  return impl_->history.now().moment.mode;
}

std::string Session::why_not(Mode mode) const {
  return impl_->why_not(mode);
}

std::string Session::set_mode(Mode mode) {
  return impl_->set_mode(mode);
}

std::string Session::reset(std::uint64_t seed) {
  return impl_->reset(seed);
}

std::uint64_t Session::seed() const {
  return impl_->game->seed();
}

std::string Session::start_dream_here(Mode mode) {
  return impl_->start_dream_here(mode);
}

std::string Session::start_dream_anew() {
  return impl_->start_dream_anew();
}

std::string Session::look_at_paid() {
  return impl_->look_at_paid();
}

std::string Session::lost() const {
  constexpr int kUnpaid = 60;            // steps, as of the start states that are called lost
  constexpr std::size_t kTogether = 10;  // steps
  constexpr double kFar = 3;             // deviations
  const Kept& kept = impl_->history.now();
  const Moment& moment = kept.moment;
  if (impl_->history.looking_back() || moment.terminated || moment.truncated || moment.mode == Mode::browse) {
    return "";
  }
  const std::string& words = find_game(impl_->subject.config().game.name).lost;
  if (!words.empty() && kept.course()->size() >= kUnpaid && unpaid_steps(*kept.course()) >= kUnpaid) {
    return words;
  }
  if (moment.mode == Mode::game || kept.dreamed->surprise.size() < kTogether) {
    return "";
  }
  const std::vector<float>& surprise = kept.dreamed->surprise;
  const double far = std::accumulate(surprise.end() - kTogether, surprise.end(), 0.0) / kTogether;
  return far > kFar ? "far from all that the model knows" : "";
}

void Session::set_redream(Redream when) {
  if (when.when == Redream::When::every) {
    check_range("dream again", when.steps, 1, 1'000'000);
  }
  impl_->redream = when;
}

Redream Session::redream() const {
  return impl_->redream;
}

int Session::steps_left() const {
  return impl_->game->steps_left();
}

void Session::step(const std::optional<PersonAction>& person) {
  impl_->step(person);
}

std::string Session::redraw() {
  const Moment last = now();
  const bool stepped = looking_at() > 0 && moment(looking_at() - 1).mode == last.mode &&
                       moment(looking_at() - 1).dream_step == last.dream_step - 1;
  if (last.dream_step < 1 || !stepped) {
    return "no step of a dream to draw again: d starts a dream";
  }
  look_at(looking_at() - 1);
  step(last.by_person ? std::optional(PersonAction(last.action)) : std::nullopt);
  return "";
}

int Session::num_moments() const {
  return impl_->history.size();
}

const Moment& Session::moment(int index) const {
  return impl_->history[index].moment;
}

int Session::looking_at() const {
  return impl_->history.looking_at();
}

void Session::look_at(int index) {
  impl_->history.look_at(index);
}

Course Session::episode() const {
  const Kept& kept = impl_->history.now();
  return kept.course()->first(kept.moment.mode == Mode::dream ? kept.moment.dream_step : kept.moment.step);
}

Course Session::locked_dream() const {
  const Kept& kept = impl_->history.now();
  return kept.moment.mode == Mode::locked ? kept.dreamed->first(kept.moment.dream_step) : Course{};
}

Picture Session::draw_sharp(int height, int width, bool instruments) const {
  return impl_->shows_game() && height > 0 && width > 0 ? impl_->game->draw(height, width, instruments) : Picture{};
}

void Session::draw_between(int height, int width, bool instruments) {
  impl_->game->draw_between(height, width, instruments);
}

const std::vector<Picture>& Session::between() const {
  static const std::vector<Picture> none;
  return impl_->shows_game() ? impl_->game->between() : none;
}

const Timings& Session::timings() const {
  return impl_->timings;
}

double Session::temperature() const {
  return impl_->temperature;
}

void Session::set_temperature(double temperature) {
  check_range("temperature", temperature, 0.01, 100.0);
  impl_->temperature = temperature;
  if (impl_->dream) {
    impl_->dream->set_temperature(temperature);
  }
}

std::vector<SavedPoint> Session::saved_points() const {
  return impl_->subject.saved_points();
}

std::string Session::choose(SavedPoint point) {
  return impl_->choose(point);
}

std::string Session::switch_iteration() {
  const std::vector<SavedPoint> points = saved_points();  // oldest first
  const int now = impl_->subject.agent().point.iteration;
  if (!points.empty() && now < points.back().iteration) {
    reload();
    return title();
  }
  const auto before =
      std::find_if(points.rbegin(), points.rend(), [now](const SavedPoint& point) { return point.iteration < now; });
  if (before == points.rend()) {
    return "there is no iteration before this one";
  }
  const std::string refusal = choose(*before);
  return refusal.empty() ? title() : refusal;
}

void Session::reload() {
  impl_->reload();
}

void Session::follow(Follow how) {
  impl_->follow(how);
}

bool Session::following() const {
  return impl_->follower && impl_->follower->run_trains();
}

void Session::open_recording(int index, int step) {
  impl_->open_recording(index, step);
}

int Session::recording() const {
  return impl_->recordings.index();
}

int Session::latent_size() const {
  return impl_->model ? impl_->model->latent_size() : 0;
}

const std::vector<Session::Dimension>& Session::dimensions() const {
  static const std::vector<Dimension> none;
  return impl_->workbench ? impl_->workbench->dimensions() : none;
}

Picture Session::decode(const std::vector<float>& latent) const {
  return impl_->workbench ? impl_->workbench->decode(latent) : Picture{};
}

Session::Narrowed Session::keep_first(int k) const {
  if (!impl_->workbench) {
    return {};
  }
  const Moment& moment = now();
  return moment.frame.empty() ? impl_->workbench->keep_first(k, moment.latent, moment.dream)
                              : impl_->workbench->keep_first(k, moment.latent_mean, moment.frame);
}

std::vector<float> Session::random_latent() {
  return impl_->workbench ? impl_->workbench->random_latent() : std::vector<float>{};
}

void Session::set_latent(const std::vector<float>& latent) {
  impl_->set_latent(latent);
}

}  // namespace reverie
