// N games as one FrameEnvironment, drawn at the size the model sees.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/environment.h"
#include "env/game.h"

namespace reverie {

class BatchEnvironment : public FrameEnvironment {
 public:
  // max_episode_steps: 0 keeps the game's own clock. frame: height x width x 3.
  BatchEnvironment(const GameFactory& make_game, int batch_size, int height, int width, int max_episode_steps = 0);

  const EnvironmentSpec& spec() const override { return spec_; }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override;
  void step(std::span<const float> action) override;
  std::span<const std::uint8_t> observation() const override { return observation_; }
  std::span<const float> reward() const override { return reward_; }
  std::span<const std::uint8_t> terminated() const override { return terminated_; }
  std::span<const std::uint8_t> truncated() const override { return truncated_; }

  // Why the row's episode ended, in a few words for people; empty while it goes on.
  std::string end_reason(int row) const;

  const Game& game(int row) const { return *games_[static_cast<std::size_t>(row)]; }

 private:
  void draw(int row);

  EnvironmentSpec spec_;
  std::vector<std::unique_ptr<Game>> games_;
  std::vector<int> steps_;
  std::vector<std::uint8_t> observation_;
  std::vector<float> reward_;
  std::vector<std::uint8_t> terminated_, truncated_;
};

}  // namespace reverie
