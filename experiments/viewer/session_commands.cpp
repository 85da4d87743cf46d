#include "experiments/viewer/session_commands.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "env/error.h"

namespace reverie {
namespace {

constexpr double kSpeeds[] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 0};  // 0: unlimited, after all others

}  // namespace

void SessionCommands::post(const std::function<std::string(Session&)>& command) {
  for (const auto& side : sides_) {
    side->bench.post(command);
  }
}

void SessionCommands::set_paused(bool paused) {
  for (const auto& side : sides_) {
    side->player.set_paused(paused);
  }
}

bool SessionCommands::paused() const {
  return std::all_of(sides_.begin(), sides_.end(), [](const auto& side) { return side->player.paused(); });
}

const Side* SessionCommands::without(Mode mode) const {
  const auto found = std::find_if(sides_.begin(), sides_.end(), [mode](const auto& side) {
    return !side->player.view()->has_mode[static_cast<std::size_t>(mode)];
  });
  return found == sides_.end() ? nullptr : found->get();
}

void SessionCommands::step_through_time(int direction) {
  set_paused(true);
  for (const auto& side : sides_) {
    side->bench.post([direction, action = side->person](Session& session) -> std::string {
      const int at = session.looking_at();
      if (direction < 0 || at + 1 < session.num_moments()) {
        session.look_at(at + direction);
      } else {
        session.step(action);
      }
      return {};
    });
  }
}

void SessionCommands::look_back(int steps) {
  set_paused(true);
  post([steps](Session& session) -> std::string {
    session.look_at(session.num_moments() - 1 - steps);
    return {};
  });
}

// A locked dream needs a game that goes on. If the episode has ended, or a dream alone left a game that is nearly over,
// the next episode begins first.
void SessionCommands::begin_episode_where_needed(Mode wanted) {
  constexpr double kWorthLocking = 4;  // seconds of the game
  if (wanted != Mode::locked || without(Mode::locked) != nullptr) {
    return;
  }
  const bool needed = std::any_of(sides_.begin(), sides_.end(), [](const auto& side) {
    const std::shared_ptr<const View> now = side->player.view();
    const View& view = *now;
    const double left = view.steps_left / side->bench.facts()->game.steps_per_second;
    return !view.looking_back && ((view.mode == Mode::dream && left < kWorthLocking) ||
                                  ((view.mode == Mode::game || view.mode == Mode::locked) && waits_for_reset(view)));
  });
  if (needed) {
    change_episode(1);
  }
}

// All or none: where one has no such mode, it alone is asked, and says why.
void SessionCommands::change_mode(Mode mode) {
  const Side* const lacking = without(mode);
  begin_episode_where_needed(mode);
  for (const auto& side : sides_) {
    if (lacking == nullptr || side.get() == lacking) {
      side->bench.follow();
      side->bench.post([mode](Session& session) { return session.set_mode(mode); });
    }
  }
}

void SessionCommands::next_mode() {
  const int now = static_cast<int>(sides_.front()->player.view()->mode);
  for (int i = 1; i < kNumModes; ++i) {
    const Mode mode = static_cast<Mode>((now + i) % kNumModes);
    if (without(mode) == nullptr) {
      return change_mode(mode);
    }
  }
  sides_.front()->bench.post([](Session&) -> std::string { return "no other mode is available"; });
}

// To the next seed or recording (1), the one before (-1), or the same again.
void SessionCommands::change_episode(int by) {
  if (sides_.front()->player.view()->mode != Mode::browse && (by > 0 || (by < 0 && seed_ > 0))) {
    seed_ += static_cast<std::uint64_t>(by);
  }
  for (const auto& side : sides_) {
    side->bench.follow();
    side->bench.post([by, seed = seed_](Session& session) -> std::string {
      if (session.mode() == Mode::browse) {
        const int count = std::max(1, session.num_recordings());
        session.open_recording((session.recording() + by + count) % count);
        return {};
      }
      return session.reset(by == 0 ? session.seed() : seed);
    });
    side->bench.ask_again();  // which recording it is
  }
}

const std::vector<SessionCommands::RedreamChoice>& SessionCommands::redream_choices() {
  static const std::vector<RedreamChoice> choices = {{{Redream::When::never, 0}, "never"},
                                                     {{Redream::When::worthless, 0}, "when worth no more than a still"},
                                                     {{Redream::When::every, 15}, "every 15 steps"},
                                                     {{Redream::When::every, 50}, "every 50 steps"},
                                                     {{Redream::When::every, 100}, "every 100 steps"}};
  return choices;
}

void SessionCommands::set_redream(const RedreamChoice& choice) {
  post([choice](Session& session) {
    session.set_redream(choice.when);
    return str("locked: dream again ", choice.name);
  });
}

void SessionCommands::change_redream() {
  const std::vector<RedreamChoice>& choices = redream_choices();
  const Redream now = sides_.front()->player.view()->redream;
  const auto at = std::find_if(choices.begin(), choices.end(), [&](const auto& choice) { return choice.when == now; });
  set_redream(at == choices.end() || at + 1 == choices.end() ? choices.front() : *(at + 1));
}

void SessionCommands::change_temperature(double by) {
  post([by](Session& session) {
    const double hundredths = std::round((session.temperature() + by) * 100);
    session.set_temperature(std::clamp(hundredths / 100, 0.1, 3.0));
    return str("temperature ", session.temperature());
  });
}

void SessionCommands::change_speed(int by) {
  const auto now = std::find(std::begin(kSpeeds), std::end(kSpeeds), sides_.front()->player.speed());
  const auto last = std::size(kSpeeds) - 1;
  const auto at = now == std::end(kSpeeds) ? 3 : now - std::begin(kSpeeds);
  for (const auto& side : sides_) {
    side->player.set_speed(kSpeeds[std::clamp<std::ptrdiff_t>(at + by, 0, static_cast<std::ptrdiff_t>(last))]);
  }
}

void SessionCommands::obey(KeyCommand command) {
  switch (command) {
    case KeyCommand::mode_game:
      return change_mode(Mode::game);
    case KeyCommand::mode_dream:
      return change_mode(Mode::dream);
    case KeyCommand::mode_locked:
      return change_mode(Mode::locked);
    case KeyCommand::mode_browse:
      return change_mode(Mode::browse);
    case KeyCommand::next_mode:
      return next_mode();
    case KeyCommand::dream_here:
      begin_episode_where_needed(Mode::locked);
      return post([](Session& session) { return session.start_dream_here(Mode::locked); });
    case KeyCommand::dream_anew:
      return post([](Session& session) { return session.start_dream_anew(); });
    case KeyCommand::left:
      return paused() ? step_through_time(-1) : void();
    case KeyCommand::right:
      return paused() ? step_through_time(1) : void();
    case KeyCommand::pause:
      return set_paused(!paused());
    case KeyCommand::step:
      return step_through_time(1);
    case KeyCommand::step_back:
      return step_through_time(-1);
    case KeyCommand::oldest:
      return look_back(Session::kHistory);
    case KeyCommand::newest:
      return look_back(0);
    case KeyCommand::slower:
      return change_speed(-1);
    case KeyCommand::faster:
      return change_speed(1);
    case KeyCommand::reset:
      return change_episode(0);
    case KeyCommand::next_seed:
      return change_episode(1);
    case KeyCommand::previous_seed:
      return change_episode(-1);
    case KeyCommand::redraw:
      set_paused(true);
      return post([](Session& session) { return session.redraw(); });
    case KeyCommand::redream:
      return change_redream();
    case KeyCommand::back_to_paid:
      return post([](Session& session) { return session.look_at_paid(); });
    case KeyCommand::random_latent:
      for (const auto& side : sides_) {
        side->bench.take_random();
      }
      return;
    case KeyCommand::colder:
      return change_temperature(-0.05);
    case KeyCommand::warmer:
      return change_temperature(0.05);
    case KeyCommand::switch_iteration:
      for (const auto& side : sides_) {
        side->bench.post([](Session& session) { return session.switch_iteration(); });
        side->bench.ask_again();
      }
      return;
    case KeyCommand::reload:
      for (const auto& side : sides_) {
        side->bench.post([](Session& session) -> std::string {
          session.reload();
          return str(session.title(), ", of ", session.saved_points().size(), " saved controllers");
        });
        side->bench.ask_again();
      }
      return;
    case KeyCommand::record:
    case KeyCommand::screenshot:
    case KeyCommand::panels:
    case KeyCommand::instruments:
    case KeyCommand::stay:
    case KeyCommand::help:
    case KeyCommand::quit:
    case KeyCommand::record_gif:
    case KeyCommand::film_part:
    case KeyCommand::larger:
    case KeyCommand::smaller:
    case KeyCommand::own_scale:
    case KeyCommand::fullscreen:
    case KeyCommand::card:
      return;
  }
}

}  // namespace reverie
