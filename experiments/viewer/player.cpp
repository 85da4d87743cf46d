#include "experiments/viewer/player.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "env/error.h"
#include "experiments/run/machine.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kViewsPerSecond = 60.0;  // at most, while steps go by
constexpr int kUnlimitedSteps = 8;        // of one advance() that is not threaded
constexpr double kSmoothing = 0.1;        // weight of the newest measurement

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

void smooth(double& value, double newest) {
  value += value == 0.0 ? newest : kSmoothing * (newest - value);
}

bool ended(const Session& session) {
  return session.now().terminated || session.now().truncated;
}

}  // namespace

bool waits_for_reset(const View& view) {
  return !view.looking_back && (view.moment.terminated || view.moment.truncated);
}

struct Player::Impl {
  // What the window asks for; guarded by the mutex.
  struct Wishes {
    bool paused = false, held = false, stop = false;
    double speed = 1;
    std::optional<PersonAction> person;
    int sharp_height = 0, sharp_width = 0;
    bool instruments = false;

    bool stands() const { return paused || held; }
  };

  std::mutex mutex;
  std::condition_variable changed;
  Wishes wishes;
  std::deque<std::function<std::string(Session&)>> commands;
  bool news = false;  // something of the above is new
  std::shared_ptr<const View> view;

  // The stepping thread's own.
  std::unique_ptr<Session> session;
  std::string message;
  int num_messages = 0;
  Timings timings;
  double period = 0;      // seconds a step
  double owed = 0;        // steps, where nothing is threaded
  int shown_between = 0;  // which of Session::between()
  std::thread thread;

  template <typename Change>
  void change(const Change& how) {
    {
      const std::lock_guard lock(mutex);
      how();
      news = true;
    }
    changed.notify_all();
  }

  void say(const std::string& text) {
    if (!text.empty()) {
      message = text;
      ++num_messages;
    }
  }

  // Whatever goes wrong is shown, and playing stops.
  template <typename Action>
  bool attempt(const Action& action) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      say(error.what());
      const std::lock_guard lock(mutex);
      wishes.paused = true;
      return false;
    }
  }

  void run_commands() {
    std::deque<std::function<std::string(Session&)>> queued;
    {
      const std::lock_guard lock(mutex);
      queued.swap(commands);
    }
    for (const auto& command : queued) {
      attempt([&] { say(command(*session)); });
    }
  }

  Wishes wanted() {
    const std::lock_guard lock(mutex);
    return wishes;
  }

  void publish() {
    const Wishes wish = wanted();
    auto next = std::make_shared<View>();
    next->moment = session->now();
    if (wish.sharp_height > 0 && wish.sharp_width > 0) {
      const int last = static_cast<int>(session->between().size()) - 1;
      next->sharp = !wish.stands() && !ended(*session) && shown_between < last
                        ? session->between()[static_cast<std::size_t>(shown_between)]
                        : session->draw_sharp(wish.sharp_height, wish.sharp_width, wish.instruments);
    }
    next->timings = timings;
    next->rate = period > 0 ? 1.0 / period : 0.0;
    next->paused = wish.paused;
    next->looking_at = session->looking_at();
    next->num_moments = session->num_moments();
    next->looking_back = next->looking_at + 1 < next->num_moments;
    next->mode = session->mode();
    for (int mode = 0; mode < kNumModes; ++mode) {
      next->has_mode[static_cast<std::size_t>(mode)] = session->why_not(static_cast<Mode>(mode)).empty();
    }
    next->temperature = session->temperature();
    next->following = session->following();
    next->title = session->title();
    next->driving = session->driving();
    next->message = message;
    next->num_messages = num_messages;
    next->episode = session->episode();
    next->locked_dream = session->locked_dream();
    next->diverged_at = divergence_step(next->locked_dream);
    next->lost = session->lost();
    next->steps_left = session->steps_left();
    next->redream = session->redream();
    const std::lock_guard lock(mutex);
    view = std::move(next);
  }

  // The game's own steps are drawn only if each is shown for long enough to be seen.
  void step(const Wishes& wish) {
    const double a_second = session->steps_per_second() * wish.speed;
    const bool seen = wish.speed > 0 && a_second < kViewsPerSecond;
    session->draw_between(seen ? wish.sharp_height : 0, wish.sharp_width, wish.instruments);
    shown_between = 0;
    session->step(wish.person);
  }

  void measure(double seconds_since_last) {
    const Timings& last = session->timings();
    smooth(timings.game, last.game);
    smooth(timings.frames, last.frames);
    smooth(timings.model, last.model);
    smooth(timings.controller, last.controller);
    smooth(period, seconds_since_last);
  }

  void run();
};

void Player::Impl::run() {
  use_one_thread();
  Clock::time_point due = Clock::now(), published = due, stepped = due;
  bool unpublished = true, was_moving = false;
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (wishes.stop) {
        return;
      }
      unpublished = std::exchange(news, false) || unpublished;
    }
    run_commands();
    const Wishes wish = wanted();
    const bool moving = !wish.stands() && !ended(*session);
    const Clock::duration pace =
        wish.speed > 0 ? seconds(1.0 / (session->steps_per_second() * wish.speed)) : Clock::duration{};
    Clock::time_point now = Clock::now();
    if (!moving) {
      period = 0;
    } else if (!was_moving) {
      due = now;
    }
    due = std::min(due, now + pace);  // a higher speed holds at once
    if (moving && now >= due) {
      attempt([&] { step(wish); });
      now = Clock::now();
      measure(was_moving ? std::chrono::duration<double>(now - stepped).count() : 0.0);
      stepped = now;
      due = std::max(due + pace, now - pace);  // at most one step is caught up
      unpublished = true;
    }
    was_moving = moving;
    // Each of the game's own steps is shown for an equal share of the time until the agent's next step.
    const auto num_between = static_cast<int>(session->between().size());
    const auto share = [&](int count) { return stepped + count * (pace / std::max(1, num_between)); };
    while (shown_between + 1 < num_between && now >= share(shown_between + 1)) {
      ++shown_between;
      unpublished = true;
    }
    const Clock::time_point next_view = published + seconds(1.0 / kViewsPerSecond);
    if (unpublished && (!moving || now >= next_view)) {
      attempt([&] { publish(); });
      published = Clock::now();
      unpublished = false;
    }

    std::unique_lock lock(mutex);
    const bool goes_on = !wishes.stands() && moving;
    if (!goes_on && !unpublished) {
      changed.wait(lock, [this] { return news || wishes.stop; });
    } else if (!goes_on || due > Clock::now()) {
      Clock::time_point until = goes_on ? due : next_view;
      if (unpublished) {
        until = std::min(until, next_view);
      }
      if (goes_on && shown_between + 1 < num_between) {
        until = std::min(until, share(shown_between + 1));
      }
      changed.wait_until(lock, until, [this] { return news || wishes.stop; });
    }
  }
}

Player::Player(std::unique_ptr<Session> session, bool threaded) : impl_(std::make_unique<Impl>()) {
  impl_->session = std::move(session);
  impl_->publish();
  if (threaded) {
    impl_->thread = std::thread([this] { impl_->run(); });
  }
}

Player::~Player() {
  impl_->change([this] { impl_->wishes.stop = true; });
  if (impl_->thread.joinable()) {
    impl_->thread.join();
  }
}

void Player::post(std::function<std::string(Session&)> command) {
  impl_->change([&] { impl_->commands.push_back(std::move(command)); });
}

void Player::set_paused(bool paused) {
  impl_->change([&] { impl_->wishes.paused = paused; });
}

bool Player::paused() const {
  return impl_->wanted().paused;
}

void Player::set_speed(double factor) {
  REVERIE_CHECK(std::isfinite(factor) && factor >= 0, ==, true);
  impl_->change([&] { impl_->wishes.speed = factor; });
}

double Player::speed() const {
  return impl_->wanted().speed;
}

void Player::set_held(bool held) {
  if (impl_->wanted().held != held) {
    impl_->change([&] { impl_->wishes.held = held; });
  }
}

void Player::set_person(std::optional<PersonAction> action) {
  const std::lock_guard lock(impl_->mutex);  // no news: it counts from the next step on
  impl_->wishes.person = std::move(action);
}

void Player::set_sharp_size(int height, int width, bool instruments) {
  const Impl::Wishes before = impl_->wanted();
  if (height != before.sharp_height || width != before.sharp_width || instruments != before.instruments) {
    impl_->change([&] {
      impl_->wishes.sharp_height = height;
      impl_->wishes.sharp_width = width;
      impl_->wishes.instruments = instruments;
    });
  }
}

void Player::advance(double elapsed) {
  REVERIE_CHECK(impl_->thread.joinable(), ==, false);
  impl_->run_commands();
  const Impl::Wishes wish = impl_->wanted();
  int steps = 0;
  if (wish.stands()) {
    impl_->owed = 0;
  } else if (wish.speed == 0) {
    steps = kUnlimitedSteps;
  } else {
    impl_->owed += elapsed * impl_->session->steps_per_second() * wish.speed;
    steps = static_cast<int>(impl_->owed + 1e-9);  // 50 x 0.02 is one step, however it rounds
    impl_->owed -= steps;
  }
  for (int i = 0; i < steps; ++i) {
    if (!impl_->attempt([&] { impl_->step(wish); })) {
      break;
    }
  }
  const auto num_between = static_cast<double>(impl_->session->between().size());
  impl_->shown_between = wish.stands() ? static_cast<int>(num_between) : static_cast<int>(impl_->owed * num_between);
  impl_->publish();
}

std::shared_ptr<const View> Player::view() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->view;
}

}  // namespace reverie
