// Runs a Session beside the drawing, so that the window never waits for the model.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "experiments/viewer/session.h"

namespace reverie {

// What the window draws; never changes once published.
struct View {
  Moment moment;
  Picture sharp;  // empty: show moment.frame enlarged. While a step of several of the game's own goes by: each of them
  Timings timings;  // smoothed
  double rate = 0;  // steps a second, smoothed
  bool paused = false, looking_back = false;
  bool following = false;  // a run that trains: the next episode may have another controller
  int looking_at = 0, num_moments = 0;
  Mode mode = Mode::game;
  std::array<bool, kNumModes> has_mode{};  // by Mode
  double temperature = 1;
  std::string title, driving, message;  // message: the last refusal or note
  int num_messages = 0;                 // rises with each, so that a window can tell a new one from the last
  Course episode, locked_dream;         // for the plots, up to the moment looked at: see Session
  int diverged_at = 0;                  // divergence_step() of the locked dream
  std::string lost;                     // what has gone wrong, in words: see Session
  int steps_left = 0;                   // of the game, on its clock
  Redream redream;
  bool operator==(const View&) const = default;
};

// Whether the episode shown is over, as the present: it waits for a reset.
bool waits_for_reset(const View& view);

class Player {
 public:
  // threaded: steps run on a thread of their own. Otherwise advance() makes them, the same ones at each run: for
  // scripts and tests, where timings and rate are shown as zero.
  Player(std::unique_ptr<Session> session, bool threaded);
  ~Player();

  // Queued, and done in order between two steps. A text that it returns becomes View::message. What it throws does too,
  // and pauses; so does what a step throws.
  void post(std::function<std::string(Session&)> command);

  void set_paused(bool paused);
  bool paused() const;
  void set_speed(double factor);  // times the game's own; 0: as fast as it goes
  double speed() const;
  void set_person(std::optional<PersonAction> action);  // while a key is held; nullopt hands back
  void set_held(bool held);  // while the mouse holds a latent: nothing is played, but paused() stays false
  void set_sharp_size(int height, int width, bool instruments = false);

  // Not threaded: does what is queued, and steps for this much time.
  void advance(double seconds);

  std::shared_ptr<const View> view() const;  // the newest, never null

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reverie
