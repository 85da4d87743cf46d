// Action repeat: each action of the agent is held for n steps of the game. Their rewards are summed, and the agent sees
// the frame after the last of them. The clock still counts the game's own steps, so that scores stay comparable. Common
// with world models (Dreamer, PlaNet), because a dream of the same game time has n times fewer steps in which errors
// can grow.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "env/game.h"

namespace reverie {

class ActionRepeat : public Game {
 public:
  // repeat >= 1. Where it does not divide the game's clock, the last action is held for what is left.
  ActionRepeat(std::unique_ptr<Game> game, int repeat);

  const GameSpec& spec() const override { return spec_; }
  void reset(std::uint64_t seed) override;
  StepResult step(std::span<const float> action) override;
  void draw(int height, int width, std::span<std::uint8_t> frame) const override { game_->draw(height, width, frame); }
  void draw_native(std::span<std::uint8_t> frame, bool instruments) const override {
    game_->draw_native(frame, instruments);
  }
  std::string_view end_reason() const override { return game_->end_reason(); }
  const std::vector<std::string>& truth_names() const override { return game_->truth_names(); }
  void truth(std::span<float> values) const override { game_->truth(values); }
  const std::vector<ProgressEntry>& progress_entries() const override { return game_->progress_entries(); }
  void progress(std::span<double> values) const override { game_->progress(values); }
  void configure(const std::any& config) override { game_->configure(config); }
  std::any episode_config() const override { return game_->episode_config(); }

  // Called after each of the game's own steps, so that a viewer can show the frames between those that the agent sees.
  // May be null.
  void watch(std::function<void(const Game& game)> look) { look_ = std::move(look); }

 private:
  std::unique_ptr<Game> game_;
  int repeat_;
  GameSpec spec_;
  std::function<void(const Game&)> look_;
  int played_ = 0;  // the game's own steps in this episode
};

}  // namespace reverie
