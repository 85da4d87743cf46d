// What the panels know of the session and do to its latents. The session works on the player's thread: questions are
// posted, and answers are here a frame or two later.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/games.h"
#include "experiments/viewer/player.h"

namespace reverie {

// What a session has, apart from its moments.
struct Facts {
  bool has_model = false, has_belief = false, has_controller = false;
  int num_recordings = 0, recording = 0, latent_size = 0;
  GameSpec game;
  std::vector<GameKey> keys;
  std::vector<SavedPoint> saved_points;
  std::vector<Session::Dimension> dimensions;  // most important first
};

class Workbench {
 public:
  explicit Workbench(Player& player);

  // Player::post, where an Error becomes the message.
  void post(std::function<std::string(Session&)> command);

  void ask_again();  // for the facts
  std::shared_ptr<const Facts> facts() const;

  // Once a frame: asks for what is out of date, as the facts are when the title changed, and takes what has arrived.
  void update(const View& view);

  // The latent at hand: the moment's own, until a person changes it. In a dream a change goes into the dream at once,
  // and is the moment's own again when the dream has gone on from it.
  bool editing() const { return edited_.has_value(); }
  std::vector<float> latent(const View& view) const;
  void edit(std::vector<float> latent, const View& view);
  void follow();  // the moment's again
  // While the mouse holds a latent, nothing is played: the next step would replace what it sets.
  void hold(bool held);
  void take_random();

  // Two latents, and those between them.
  void remember(int which, const View& view);  // 0 or 1
  bool remembers(int which) const { return !remembered_[which].empty(); }
  void mix(float share, const View& view);  // 0: the first

  void keep_first(int count);  // dimensions; 0: that picture is not wanted
  int kept() const { return kept_; }

  // Pictures of the latent at hand and of its first dimensions, empty until they are there.
  const Picture& decoded() const { return decoded_; }
  const Picture& narrowed() const { return narrowed_; }
  float narrowed_error() const { return narrowed_error_; }

 private:
  struct Answers;

  Player& player_;
  std::shared_ptr<Answers> answers_;  // shared with the commands under way
  std::optional<std::vector<float>> edited_;
  int edited_at_ = 0;  // step of the dream
  bool held_ = false;
  std::vector<float> remembered_[2];
  int kept_ = 0;
  bool decode_wanted_ = false;
  std::string title_;         // that the facts are of
  std::string narrowed_for_;  // the moment and count last asked for
  Picture decoded_, narrowed_;
  float narrowed_error_ = 0;
};

}  // namespace reverie
