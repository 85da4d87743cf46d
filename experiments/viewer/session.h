// What the window looks at: a game, a world model's view of it and its dream, one step at a time. No SDL, no drawing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/games.h"
#include "experiments/viewer/course.h"
#include "experiments/viewer/person.h"

namespace reverie {

enum class Mode {
  game,    // the agent (or a person) in the game, seen through the model where there is one
  dream,   // in the dream alone
  locked,  // game and dream from the same state under the same actions
  browse,  // recorded episodes
};
constexpr int kNumModes = 4;
const char* to_string(Mode mode);

// An RGB picture, [height, width, 3]; empty where there is none.
struct Picture {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
  bool empty() const { return pixels.empty(); }
  bool operator==(const Picture&) const = default;
};

// One step as it was shown. Pictures are at the model's size.
struct Moment {
  Mode mode = Mode::game;
  std::uint64_t seed = 0;  // of the game's episode
  int step = 0;            // of the episode, 0 after a reset
  int dream_step = -1;     // since the dream began; -1: no dream
  Picture frame;           // the game as the model sees it (modes game, locked, browse)
  Picture reconstruction;  // of that frame, as the model sees it
  Picture dream;           // the dreamed frame (modes dream, locked)
  Picture plan;            // where the planner's four best candidates end, in quarters; empty without a planner
  std::vector<float> action;
  bool by_person = false;                      // a person decided at least one component
  bool terminated = false, truncated = false;  // locked: of the game or the dream
  std::string end_reason;                      // why the episode ended: "hit"; empty while it goes on
  std::string ending;                          // the same with steps and return: "hit after 219 tics"
  float reward = 0, episode_return = 0;        // the game's; in mode dream the dream's
  float dream_reward = 0, dream_return = 0;    // since the dream began
  float end_probability = 0;                   // the model's, of this step
  float entropy = 0;                           // how undecided the model was about this step, nats a dimension
  float latent_error = 0;                      // locked: RMS of dreamed latent - encoded mean, in living dimensions
  float pixel_error = 0;                       // locked: mean square of dream - frame, in 0..1
  float frozen_error = 0;                      // locked: the same of the frame where the dream began
  std::string sentence, dream_sentence;        // nearest to the game's moment and to the dream's; of a run with words
  float surprise = 0;  // in a dream: how far its latent is from those of frames, see surprise_of()
  // Of a model with a latent: of the frame (empty in mode dream), and what it goes on from, the dream's where there is
  // a dream.
  std::vector<float> latent_mean, latent_deviation;
  std::vector<float> latent;
  bool operator==(const Moment&) const = default;
};

struct Timings {  // milliseconds of the last step; zero where a part did not work
  double game = 0, frames = 0, model = 0, controller = 0;  // frames: encoding and decoding them
  bool operator==(const Timings&) const = default;
};

struct SavedPoint {
  int iteration = 0, generation = 0;
  bool operator==(const SavedPoint&) const = default;
};

// Whether a session takes newer controllers of its run by itself: at reset(), never within an episode.
enum class Follow {
  no,        // it stays with what was opened
  at_reset,  // reset() looks for them
  beside,    // a thread looks once a second and loads them, so that reset() only takes what is there
};

// When a locked dream begins again from the game by itself.
struct Redream {
  enum class When { never, worthless, every };  // worthless: from divergence_step() on, see course.h
  When when = When::never;
  int steps = 0;  // of `every`, at least 1
  bool operator==(const Redream&) const = default;
};

// A run (folder with config.yaml), or a config file alone: then the plain game. What is missing of a run, such as a
// controller or recordings, only closes the modes that need it. Opens with what `evaluate` would score, at seed 0.
// Refusals are returned; Error where files are damaged, or values are of the wrong size or not finite.
class Session {
 public:
  static constexpr int kHistory = 2000;  // moments kept

  // with_planner: the planner acts in the controller's place.
  explicit Session(const std::filesystem::path& run_or_config, const std::vector<std::string>& overrides = {},
                   bool with_planner = false);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What there is. A mode that is not available is refused by set_mode() with one line of why (returned; empty: done),
  // which why_not() says beforehand.
  bool has_model() const;
  bool has_belief() const;  // whether the model says how undecided it is
  bool has_controller() const;
  int num_recordings() const;
  const GameSpec& game() const;
  const std::vector<GameKey>& keys() const;  // with which a person plays it
  const std::vector<std::string>& action_names() const { return game().action_names; }
  double steps_per_second() const { return game().steps_per_second; }
  std::string name() const;  // "quickstart"
  // The seed to open the run with: the one that an exported run names, else 0.
  std::uint64_t showcase_seed() const;
  std::string driving() const;  // "iteration 3, generation 50"; empty where there is no model
  std::string title() const;    // "runs/quickstart, iteration 3, generation 50"

  Mode mode() const;
  std::string why_not(Mode mode) const;  // empty: the mode is there
  std::string set_mode(Mode mode);

  // A new episode of that seed. In mode dream the dream that `evaluate --in dream` plays for it, from a recorded first
  // frame; where the run has none, from the game's. In mode browse the recording's first frame, whatever the seed.
  // Where the session follows its run and there is a newer controller, that one drives from here on, with its model:
  // returns so in words, else nothing.
  std::string reset(std::uint64_t seed);
  std::uint64_t seed() const;
  // The game's steps that are left on its clock; 0 where its episode is over.
  int steps_left() const;
  // A dream from this very moment of the game, with the frame's mean latent; mode dream or locked. In mode browse the
  // game first plays the recorded actions up to the frame shown. Refused where the episode is over.
  std::string start_dream_here(Mode mode);
  // From any recorded moment, where the run has them; else from this one. Mode dream.
  std::string start_dream_anew();
  // Looks back to a second before the last reward of this episode or dream. Refused if there was none.
  std::string look_at_paid();
  // What has gone wrong, in words, at the present: 60 steps without reward in a game that has a word for it, or a dream
  // whose latents are far from those of all frames. Empty if nothing has, and while looking back.
  std::string lost() const;
  void set_redream(Redream when);  // at first: never
  Redream redream() const;

  // One step: what a person gives of the action, the rest from the controller, else (no controller) zeros clamped to
  // the bounds, or the first of the discrete actions. At an episode's end nothing moves any more until reset(). While
  // looking back, first acts from there: game modes replay the seed and the actions up to the moment looked at, and the
  // later ones are forgotten.
  void step(const std::optional<PersonAction>& person = {});

  // The last step of a dream once more, with other draws; who acted acts again. Refused where there is none.
  std::string redraw();

  // The kept moments, oldest first; the newest is the present. look_at(i) looks at one of them without acting.
  int num_moments() const;
  const Moment& moment(int index) const;
  int looking_at() const;
  void look_at(int index);  // clamped
  const Moment& now() const { return moment(looking_at()); }
  // The courses up to the moment looked at. episode(): the dream's in mode dream, else that of the game or recording.
  // locked_dream(): the dream's in mode locked, else empty. They hold `step` and `dream_step` values.
  Course episode() const;
  Course locked_dream() const;

  // The game at this moment, drawn sharp; empty when looking back or where no game is played (dream, browse). With
  // instruments: the game's native picture with its instruments, whatever the size asked for.
  Picture draw_sharp(int height, int width, bool instruments = false) const;
  // If the game repeats actions: from the next step on, a picture is drawn after each of the game's own steps, as by
  // draw_sharp(). Height 0 draws none, as at first.
  void draw_between(int height, int width, bool instruments);
  // The pictures of the last step; the last of them shows the present. Empty if the game repeats no actions, and
  // whenever draw_sharp() is empty.
  const std::vector<Picture>& between() const;
  const Timings& timings() const;

  // Dream.
  double temperature() const;
  void set_temperature(double temperature);  // 0.01 to 100

  // Controllers on disk. choose() stays with one of them; reload() takes the newest at once, and follows again where
  // that was asked for. With another world model the game is played again to where it is, and the moments before are
  // forgotten.
  std::vector<SavedPoint> saved_points() const;
  std::string choose(SavedPoint point);  // empty: done
  // The last controller and the world model of the iteration before, or back to the newest. In words.
  std::string switch_iteration();
  void reload();
  // At first: no. Files that are half written, or of different models, are left for the next look.
  void follow(Follow how);
  bool following() const;  // it follows a run that another command writes now

  // Recordings (mode browse): of the newest iteration that has all its episodes. The first look reads their headers.
  void open_recording(int index, int step = 0);  // Error (kind usage) where it has no such step
  int recording() const;                         // -1: none was opened yet

  // The latent workbench: a latent apart from all episodes.
  int latent_size() const;  // 0: the model has none
  // Dimensions, most important first: by KL from the prior, mean over sampled frames (recorded ones, or the game's).
  // dead: below 0.01 nats.
  struct Dimension {
    int index = 0;
    float kl = 0, mean = 0, deviation = 0;  // of the latent means over those frames
    bool dead = false;
  };
  const std::vector<Dimension>& dimensions() const;
  Picture decode(const std::vector<float>& latent) const;
  // Keeps the k most important dimensions, the others at their mean: the picture, and its mean squared error from the
  // current frame, in a dream from the dreamed one.
  struct Narrowed {
    Picture picture;
    float error = 0;
  };
  Narrowed keep_first(int k) const;
  std::vector<float> random_latent();  // from the prior
  // The dream (or the game's view) goes on from this latent: in mode dream and locked it replaces the dream's.
  void set_latent(const std::vector<float>& latent);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reverie
