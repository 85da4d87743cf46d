// A small game for tests, as different from the others as possible: two discrete actions, its own keys, a picture that
// is not square, and an end that the player causes.
//
// A lamp wanders along a row of kPlaces places, one place a step, and turns back at both ends. "wait" pays 0; "catch"
// pays 1 where the lamp is over the basket, which the seed places, and ends the game elsewhere. The clock is 40 steps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "env/games.h"

namespace reverie {

enum class ToyLight { steady, blinking };

struct ToyConfig {
  int max_episode_steps = 40;
  double brightness = 0.9;  // of the lamp, 0 to 1
  ToyLight light = ToyLight::steady;
};
std::vector<Field> fields(ToyConfig& config);

class ToyGame : public Game {
 public:
  static constexpr int kPlaces = 8;

  explicit ToyGame(const ToyConfig& config = {});
  const GameSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  StepResult step(std::span<const float> action) override;  // [wait, catch]
  void draw(int height, int width, std::span<std::uint8_t> frame) const override;
  std::string_view end_reason() const override { return missed_ ? "caught nothing" : ""; }
  const std::vector<std::string>& truth_names() const override;  // lamp, basket: places; direction: -1 or 1
  void truth(std::span<float> values) const override;

 private:
  ToyConfig config_;
  GameSpec spec_;
  int lamp_ = 0, direction_ = 1, basket_ = 0, step_ = 0;
  bool missed_ = false;
};

GameEntry toy_game_entry();

}  // namespace reverie
