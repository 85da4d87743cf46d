// A game seen through a world model: frames become the same features that a dream shows.
#pragma once

#include <vector>

#include "env/environment.h"
#include "env/random.h"
#include "worldmodel/model_environment.h"
#include "worldmodel/row_subset.h"

namespace reverie {

class EncodedEnvironment : public ModelEnvironment {
 public:
  // Both must outlive the environment; the game's frames must be of the model's size.
  EncodedEnvironment(FrameEnvironment& game, const WorldModel& model);
  // subset: what try_rows() returned for this model and the game's batch size, so that several environments share one
  // trial.
  EncodedEnvironment(FrameEnvironment& game, const WorldModel& model, RowSubset subset);
  static RowSubset try_rows(const WorldModel& model, int batch_size);

  const EnvironmentSpec& spec() const override { return spec_; }
  const WorldModel& model() const override { return model_; }
  void reset(std::span<const int> rows, std::span<const std::uint64_t> seeds) override;
  void step(std::span<const float> action) override;
  std::span<const float> observation() const override;
  std::span<const float> reward() const override { return game_.reward(); }
  std::span<const std::uint8_t> terminated() const override { return game_.terminated(); }
  std::span<const std::uint8_t> truncated() const override { return game_.truncated(); }

  const ModelState& state() const override { return state_; }
  const FrameEnvironment& game() const { return game_; }

  // What this environment keeps beside the game's state. To go back to a moment, bring the game there and restore the
  // memory of that moment.
  struct Memory {
    ModelState state;
    std::vector<Rng> rng;  // one a row
  };
  Memory memory() const;
  void restore(const Memory& memory);

 private:
  // Lets the model observe the game's frames and keeps its new state of the given rows.
  void observe(const torch::Tensor& action, const torch::Tensor& first, std::span<const int> rows);

  FrameEnvironment& game_;
  const WorldModel& model_;
  EnvironmentSpec spec_;
  RowSubset subset_;  // only the rows that matter are computed where it allows that

  // Changed by reset and step.
  ModelState state_;
  torch::Tensor features_;  // [batch, feature_size]
  std::vector<Rng> rng_;    // one a row
  Noise noise_;             // scratch
};

}  // namespace reverie
