#include "tests/toy/toy_game.h"

#include <algorithm>
#include <cmath>

#include "env/error.h"
#include "env/random.h"

namespace reverie {

std::vector<Field> fields(ToyConfig& c) {
  return {number_field("max_episode_steps", c.max_episode_steps, 1, 1000000, "steps of the game's clock"),
          number_field("brightness", c.brightness, 0.0, 1.0, "of the lamp"),
          choice_field("light", c.light, {"steady", "blinking"}, "how the lamp shines")};
}

ToyGame::ToyGame(const ToyConfig& config) : config_(config) {
  check_fields(fields(config_));
  spec_.name = "toy";
  spec_.actions = ActionKind::discrete;
  spec_.action_names = {"wait", "catch"};
  spec_.action_low = {0.0f, 0.0f};
  spec_.action_high = {1.0f, 1.0f};
  spec_.max_episode_steps = config.max_episode_steps;
  spec_.steps_per_second = 10.0;
  spec_.best_return = config.max_episode_steps;
  spec_.native_height = 32;
  spec_.native_width = 48;
}

void ToyGame::reset(std::uint64_t seed) {
  Rng rng(seed);
  lamp_ = static_cast<int>(rng.below(kPlaces));
  basket_ = static_cast<int>(rng.below(kPlaces));
  direction_ = rng.below(2) == 0 ? -1 : 1;
  step_ = 0;
  missed_ = false;
}

StepResult ToyGame::step(std::span<const float> action) {
  REVERIE_CHECK(missed_, ==, false);
  if (action.size() != 2 || !std::isfinite(action[0]) || !std::isfinite(action[1])) {
    throw Error(ErrorKind::data, str("toy: expected an action of 2 finite values, found ", action.size()));
  }
  const bool tries = action[1] > action[0], hits = lamp_ == basket_;
  ++step_;
  missed_ = tries && !hits;
  if (lamp_ + direction_ < 0 || lamp_ + direction_ >= kPlaces) {
    direction_ = -direction_;
  }
  lamp_ += direction_;
  return {tries && hits ? 1.0f : 0.0f, missed_};
}

void ToyGame::draw(int height, int width, std::span<std::uint8_t> frame) const {
  const bool dark = config_.light == ToyLight::blinking && step_ % 2 == 1;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int place = x * kPlaces / width;
      std::uint8_t* const rgb = frame.data() + (y * width + x) * 3;
      rgb[0] = 2 * y < height && place == lamp_ && !dark ? static_cast<std::uint8_t>(255.0 * config_.brightness) : 20;
      rgb[1] = 2 * y >= height && place == basket_ ? 200 : 20;
      rgb[2] = direction_ > 0 ? 120 : 20;
    }
  }
}

const std::vector<std::string>& ToyGame::truth_names() const {
  static const std::vector<std::string> names = {"lamp", "basket", "direction"};
  return names;
}

void ToyGame::truth(std::span<float> values) const {
  REVERIE_CHECK(values.size(), ==, 3u);
  values[0] = static_cast<float>(lamp_);
  values[1] = static_cast<float>(basket_);
  values[2] = static_cast<float>(direction_);
}

GameEntry toy_game_entry() {
  GameEntry entry = game_entry<ToyGame, ToyConfig>("toy");
  entry.keys = {{"J", "hands", 0, 1.0f, "wait"}, {"K", "hands", 1, 1.0f, "catch"}};
  return entry;
}

}  // namespace reverie
