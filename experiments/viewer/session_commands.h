// What keys and buttons do to the sessions and their players: the same to all of them.
#pragma once

#include <cstdint>

#include "experiments/viewer/keys.h"
#include "experiments/viewer/side.h"

namespace reverie {

class SessionCommands {
 public:
  // seed: of the episode that all play. The sides must outlive this object.
  SessionCommands(Sides& sides, std::uint64_t seed) : sides_(sides), seed_(seed) {}

  // Does nothing for the commands that are the window's own, such as screenshot and quit.
  void obey(KeyCommand command);

  // When locked dreams begin again by themselves, as the panel offers it.
  struct RedreamChoice {
    Redream when;
    const char* name;
  };
  static const std::vector<RedreamChoice>& redream_choices();
  void set_redream(const RedreamChoice& choice);

  // To the moment so many steps before each one's present, and pauses.
  void look_back(int steps);

  std::uint64_t seed() const { return seed_; }

 private:
  void post(const std::function<std::string(Session&)>& command);
  void step_through_time(int direction);
  void begin_episode_where_needed(Mode wanted);
  void change_mode(Mode mode);
  void next_mode();
  void change_episode(int by);
  void change_redream();
  void change_temperature(double by);
  void change_speed(int by);
  void set_paused(bool paused);

  bool paused() const;                   // all of them are
  const Side* without(Mode mode) const;  // the first that has no such mode; null: all have it

  Sides& sides_;
  std::uint64_t seed_;
};

}  // namespace reverie
