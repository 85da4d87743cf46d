// The inside of a Session: the game, the dream and the recordings, and the moments kept of them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/make_policy.h"
#include "experiments/viewer/history.h"
#include "experiments/viewer/latent_workbench.h"
#include "experiments/viewer/logged_game.h"
#include "experiments/viewer/recordings.h"
#include "experiments/viewer/session.h"
#include "experiments/viewer/subject.h"
#include "experiments/viewer/watched_model.h"
#include "worldmodel/dream_environment.h"

namespace reverie {

struct Session::Impl {
  Impl(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides, bool with_planner);

  // Acting. resume() comes before whatever changes the present: it goes to the moment looked at.
  void resume();
  std::string reset(std::uint64_t seed);
  std::string set_mode(Mode wanted);
  void step(const std::optional<PersonAction>& person);
  void set_latent(const std::vector<float>& latent);

  // A dream from this moment of the game (or of the recording, which the game plays again); empty: done.
  std::string start_dream_here(Mode mode);
  std::string start_dream_anew();
  void open_recording(int index, int frame);
  std::string look_at_paid();

  std::string choose(SavedPoint point);
  void reload();
  void follow(Follow how);

  int frame_height() const { return subject.config().model.config->frame_height(); }  // of what the model sees
  int frame_width() const { return subject.config().model.config->frame_width(); }
  std::string why_not(Mode mode) const;  // empty: the mode is there
  bool shows_game() const { return (mode == Mode::game || mode == Mode::locked) && !history.looking_back(); }

  Subject subject;
  std::unique_ptr<Follower> follower;  // null where the session stays with what is loaded
  Timings timings;
  std::unique_ptr<WatchedModel> model;  // as the next two, made for the subject's model; null without one
  std::unique_ptr<DreamEnvironment> dream;
  std::unique_ptr<LatentWorkbench> workbench;  // null also for a model without a latent
  std::unique_ptr<LoggedGame> game;
  std::unique_ptr<Policy<float>> game_policy, dream_policy;  // the subject's, in each; null without one
  Recordings recordings;
  History history;
  Mode mode = Mode::game;
  double temperature = 1;
  Redream redream;
  std::vector<float> workbench_latent;  // last set where there is no dream

 private:
  // How the step that led to a moment was made; the default: by none.
  struct Made {
    std::vector<float> action;
    bool by_person = false, moved = false;
    Expectation expected;
  };
  void make_environments();
  void make_policies();   // of what the subject loaded last
  void begin_policies();  // after the present has jumped: they forget what they saw
  // With the subject's model, which is another one than before: the game is played again to where it is.
  void take_model();
  bool take_newer();       // what the follower found; true: something else drives
  bool take_recordings();  // the newest; true: they are others than before
  void begin_dream(const ModelState& from, std::uint64_t seed);
  void end_dream() { dream_step_ = -1; }
  bool dreaming() const { return dream_step_ >= 0; }
  bool redream_is_due() const;
  torch::Tensor model_frame() const;  // the game's, [1, 3, height, width] in 0..1
  ModelState encoded_state() const;   // the game's, with the frame's mean latent where there is one
  std::uint64_t fresh_seed();         // of a dream's noise
  std::vector<float> choose_action(const std::optional<PersonAction>& person);

  // Keeps the present as a moment, in three parts.
  void keep(const Made& made);
  void add_to_courses(const Moment& moment);  // of a step
  void describe_ending(Moment& moment) const;
  void describe_game(Moment& moment, const Made& made) const;
  void describe_recording(Moment& moment) const;
  void describe_dream(Moment& moment, bool with_end) const;
  void describe_latent(Moment& moment, const Embedding& seen) const;
  void describe_plan(Moment& moment);

  Follow follow_ = Follow::no;
  StartStates nowhere_;  // the dream is started by hand
  int dream_step_ = -1;
  double dream_return_ = 0;
  torch::Tensor frozen_;  // see Kept, as the next three
  std::shared_ptr<Course> played_ = std::make_shared<Course>();
  std::shared_ptr<Course> dreamed_, recorded_;
  std::uint64_t num_dreams_ = 0;  // since the last reset
  Picture plan_;                  // of the last plan, as the next
  int plan_number_ = 0;
};

}  // namespace reverie
