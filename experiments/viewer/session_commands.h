// What keys and buttons do to the sessions and their players: the same to all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/person.h"
#include "experiments/viewer/side.h"

namespace reverie {

// The person's action in that side's game, by its own keys; while paused Left and Right are none of it, for they step
// through time then.
std::optional<std::vector<float>> held_action(HeldKeys held, const Side& side);

class SessionCommands {
 public:
  // seed: of the episode that all play. The sides must outlive this object.
  SessionCommands(Sides& sides, std::uint64_t seed) : sides_(sides), seed_(seed) {}

  // Does nothing for the commands that are the window's own (record, screenshot, panels, help, quit).
  void obey(KeyCommand command, const HeldKeys& held);

  // To the moment so many steps before each one's present, and pauses.
  void look_back(int steps);

  std::uint64_t seed() const { return seed_; }

 private:
  void post(const std::function<std::string(Session&)>& command);
  void step_through_time(int direction, const HeldKeys& held);
  void change_mode(Mode mode);
  void next_mode();
  void change_episode(int by);
  void change_temperature(double by);
  void change_speed(int by);
  void set_paused(bool paused);

  bool paused() const;                   // all of them are
  const Side* without(Mode mode) const;  // the first that has no such mode; null: all have it

  Sides& sides_;
  std::uint64_t seed_;
};

}  // namespace reverie
