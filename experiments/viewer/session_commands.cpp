#include "experiments/viewer/session_commands.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "env/error.h"

namespace reverie {
namespace {

constexpr double kSpeeds[] = {0.1, 0.25, 0.5, 1, 2, 4, 8, 0};  // 0: unlimited, after all others

void step_through_time(int direction, const HeldKeys& held, Player& player, Workbench& bench) {
  player.set_paused(true);
  bench.post([direction, action = held_action(held, player, bench)](Session& session) -> std::string {
    const int at = session.looking_at();
    if (direction < 0 || at + 1 < session.num_moments()) {
      session.look_at(at + direction);
    } else {
      session.step(action);
    }
    return {};
  });
}

void change_mode(Mode mode, Workbench& bench) {
  bench.follow();
  bench.post([mode](Session& session) { return session.set_mode(mode); });
}

// To the next seed or recording (1), the one before (-1), or the same again.
void change_episode(int by, Workbench& bench) {
  bench.follow();
  bench.post([by](Session& session) -> std::string {
    if (session.mode() == Mode::browse) {
      const int count = std::max(1, session.num_recordings());
      session.open_recording((session.recording() + by + count) % count);
    } else if (by >= 0 || session.seed() > 0) {
      return session.reset(session.seed() + static_cast<std::uint64_t>(by));
    }
    return {};
  });
  bench.ask_again();  // which recording it is
}

void change_temperature(double by, Workbench& bench) {
  bench.post([by](Session& session) {
    const double hundredths = std::round((session.temperature() + by) * 100);
    session.set_temperature(std::clamp(hundredths / 100, 0.1, 3.0));
    return str("temperature ", session.temperature());
  });
}

void change_speed(int by, Player& player) {
  const auto now = std::find(std::begin(kSpeeds), std::end(kSpeeds), player.speed());
  const auto last = std::size(kSpeeds) - 1;
  const auto at = now == std::end(kSpeeds) ? 3 : now - std::begin(kSpeeds);
  player.set_speed(kSpeeds[std::clamp<std::ptrdiff_t>(at + by, 0, static_cast<std::ptrdiff_t>(last))]);
}

}  // namespace

std::optional<std::vector<float>> held_action(HeldKeys held, const Player& player, const Workbench& bench) {
  if (player.paused()) {
    held.erase("Left");  // these step through time then
    held.erase("Right");
  }
  const std::shared_ptr<const Facts> facts = bench.facts();
  return person_action(facts->game, facts->keys, held);
}

void command_session(KeyCommand command, const HeldKeys& held, Player& player, Workbench& bench) {
  switch (command) {
    case KeyCommand::mode_game:
      return change_mode(Mode::game, bench);
    case KeyCommand::mode_dream:
      return change_mode(Mode::dream, bench);
    case KeyCommand::mode_locked:
      return change_mode(Mode::locked, bench);
    case KeyCommand::mode_browse:
      return change_mode(Mode::browse, bench);
    case KeyCommand::next_mode:
      bench.follow();
      bench.post([](Session& session) -> std::string {
        for (int i = 1; i < 4; ++i) {
          if (session.set_mode(static_cast<Mode>((static_cast<int>(session.mode()) + i) % 4)).empty()) {
            return {};
          }
        }
        return "no other mode is available";
      });
      return;
    case KeyCommand::dream_here:
      bench.post([](Session& session) { return session.start_dream_here(Mode::locked); });
      return;
    case KeyCommand::dream_anew:
      bench.post([](Session& session) { return session.start_dream_anew(); });
      return;
    case KeyCommand::left:
      return player.paused() ? step_through_time(-1, held, player, bench) : void();
    case KeyCommand::right:
      return player.paused() ? step_through_time(1, held, player, bench) : void();
    case KeyCommand::pause:
      return player.set_paused(!player.paused());
    case KeyCommand::step:
      return step_through_time(1, held, player, bench);
    case KeyCommand::step_back:
      return step_through_time(-1, held, player, bench);
    case KeyCommand::oldest:
    case KeyCommand::newest:
      player.set_paused(true);
      bench.post([command](Session& session) -> std::string {
        session.look_at(command == KeyCommand::oldest ? 0 : session.num_moments() - 1);
        return {};
      });
      return;
    case KeyCommand::slower:
      return change_speed(-1, player);
    case KeyCommand::faster:
      return change_speed(1, player);
    case KeyCommand::reset:
      return change_episode(0, bench);
    case KeyCommand::next_seed:
      return change_episode(1, bench);
    case KeyCommand::previous_seed:
      return change_episode(-1, bench);
    case KeyCommand::random_latent:
      return bench.take_random();
    case KeyCommand::colder:
      return change_temperature(-0.05, bench);
    case KeyCommand::warmer:
      return change_temperature(0.05, bench);
    case KeyCommand::reload:
      bench.post([](Session& session) -> std::string {
        session.reload();
        return str(session.title(), ", of ", session.saved_points().size(), " saved controllers");
      });
      return bench.ask_again();
    case KeyCommand::record:
    case KeyCommand::screenshot:
    case KeyCommand::panels:
    case KeyCommand::help:
    case KeyCommand::quit:
      return;
  }
}

}  // namespace reverie
