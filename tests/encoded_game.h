// A game and the world model that sees it, as one environment.
#pragma once

#include "env/batch_environment.h"
#include "env/games.h"
#include "worldmodel/encoded_environment.h"

namespace reverie {

class EncodedGame : public FeatureEnvironment {
 public:
  // The game of the default config, in frames of the model's size.
  EncodedGame(const WorldModel& model, int batch_size, int max_steps)
      : game_(make_game_factory(GameConfig{}), batch_size, model.spec().frame_height, model.spec().frame_width,
              max_steps),
        encoded_(game_, model) {}
  const EnvironmentSpec& spec() const override { return encoded_.spec(); }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override { encoded_.reset(rows, seeds); }
  void step(std::span<const float> action) override { encoded_.step(action); }
  std::span<const float> observation() const override { return encoded_.observation(); }
  std::span<const float> reward() const override { return encoded_.reward(); }
  std::span<const std::uint8_t> terminated() const override { return encoded_.terminated(); }
  std::span<const std::uint8_t> truncated() const override { return encoded_.truncated(); }

 private:
  BatchEnvironment game_;
  EncodedEnvironment encoded_;
};

}  // namespace reverie
